"""An audience of one: exactly that contact point, under the conditions that hold for any other."""

import pytest

from tests.support.texts import texting
from tests.support.world import Post, Situation, emptied, fanned_out, ids_of, posted
from tocsin_store.pool import Pool


@pytest.fixture
async def neighbours(pool: Pool) -> Situation:
    """Three of them."""
    await emptied(pool)
    return await texting(pool, 3)


async def answered(situation: Situation) -> list[object]:
    """Post to the second one's number alone, and to no area; returns whose deliveries that made."""
    point = (await situation.row(1))["contact_point_id"]
    alert = await posted(situation.pool, situation.agency, Post(shapes=()))
    await situation.pool.execute(
        "UPDATE fan_out SET channel = 'sms', only_contact_point = $2 WHERE alert_id = $1", alert, point
    )
    await fanned_out(situation.pool)
    rows = await situation.pool.fetch(
        "SELECT contact_point_id FROM delivery WHERE id = ANY($1::uuid[])",
        await ids_of(situation.pool, alert),
    )
    return [row["contact_point_id"] for row in rows]


async def test_it_goes_to_that_number_alone(neighbours: Situation) -> None:
    assert await answered(neighbours) == [(await neighbours.row(1))["contact_point_id"]]


async def test_it_goes_to_nobody_who_left(neighbours: Situation) -> None:
    await neighbours.pool.execute("UPDATE consent SET valid_until = now()")

    assert await answered(neighbours) == []
