"""Pages of a large audience: everybody inside has a row, wherever a page ends."""

from math import cos, pi, sin
from uuid import UUID, uuid4

import pytest

from tests.support.plans import nodes, plan_of, table, unprobed
from tests.support.world import (
    HOME,
    SQUARE,
    Post,
    Resident,
    an_agency,
    emptied,
    fanned_out,
    ids_of,
    posted,
    settled_in,
)
from tocsin_store import members
from tocsin_store.audience import LARGE
from tocsin_store.chunks import NEW_CHUNK
from tocsin_store.fan_out import NOTHING, Page
from tocsin_store.geometry import Metres, Shape
from tocsin_store.members import Place
from tocsin_store.pool import Pool

FAR: Metres = (350_500.0, 430_500.0)
READ = ("place", "consent", "contact_point", "suppression", "alert", "alert_shape")


@pytest.fixture
async def agency(pool: Pool) -> UUID:
    """An agency in an empty world."""
    await emptied(pool)
    return await an_agency(pool)


async def places_of(pool: Pool, member: UUID, *places: Metres) -> None:
    """Let a member care for further places."""
    async with pool.acquire() as connection:
        await members.add_places(connection, [Place(uuid4(), member, "watch", *at) for at in places])


def ring(centre: Metres, radius: float, *, corners: int) -> list[Metres]:
    """A polygon around a point."""
    angles = [2 * pi * n / corners for n in range(corners)]
    return [(centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)) for angle in angles]


@pytest.mark.parametrize("limit", [100, 3, 1])
@pytest.mark.parametrize("second", [HOME, FAR])
async def test_a_member_with_two_places_gets_one_row(
    pool: Pool, agency: UUID, second: Metres, limit: int
) -> None:
    for member in await settled_in(pool, agency, [Resident()] * 7):
        await places_of(pool, member, second)
    alert = await posted(pool, agency)

    await fanned_out(pool, limit=limit)

    assert len(await ids_of(pool, alert)) == 7
    assert await pool.fetchval("SELECT members FROM fan_out WHERE alert_id = $1", alert) == 7


async def test_the_few_inside_are_found_page_after_page(pool: Pool, agency: UUID) -> None:
    for member in await settled_in(pool, agency, [Resident(at=FAR)] * 170):
        await places_of(pool, member, *[FAR] * 60)
    await settled_in(pool, agency, [Resident()] * 5)
    alert = await posted(pool, agency)

    await fanned_out(pool, limit=1)

    assert len(await ids_of(pool, alert)) == 5
    assert await pool.fetchval("SELECT done_at FROM fan_out WHERE alert_id = $1", alert) is not None


async def test_a_page_that_ends_within_a_members_places_has_looked_at_them_all(
    pool: Pool, agency: UUID
) -> None:
    for member in await settled_in(pool, agency, [Resident(at=FAR)] * 3):
        await places_of(pool, member, *[FAR] * 2_000, HOME)
    alert = await posted(pool, agency)

    await fanned_out(pool, limit=1)

    assert len(await ids_of(pool, alert)) == 3


async def test_those_inside_without_consent_do_not_end_the_audience(pool: Pool, agency: UUID) -> None:
    await settled_in(pool, agency, [Resident(purpose=None)] * 20 + [Resident(addresses=2)] * 3)
    alert = await posted(pool, agency)

    await fanned_out(pool, limit=2)

    assert len(await ids_of(pool, alert)) == 6


async def test_areas_of_many_corners_with_holes(pool: Pool, agency: UUID) -> None:
    inside, hole, between = HOME, (HOME[0] + 20, HOME[1]), (HOME[0] + 45, HOME[1] + 45)
    await settled_in(pool, agency, [Resident(at=at) for at in (inside, hole, between)] * 4)
    dented = Shape(ring(HOME, 40, corners=3_000), [ring(hole, 10, corners=3_000)])
    elsewhere = [Shape(ring((360_000.0 + 50 * n, 430_000.0), 20, corners=500)) for n in range(20)]
    alert = await posted(pool, agency, Post(shapes=(*elsewhere, dented)))

    await fanned_out(pool, limit=2)

    assert len(await ids_of(pool, alert)) == 4


async def test_who_has_rows_already_gets_none_twice_and_the_others_theirs(pool: Pool, agency: UUID) -> None:
    await settled_in(pool, agency, [Resident()] * 4)
    alert = await posted(pool, agency)
    await fanned_out(pool)
    await pool.execute("DELETE FROM delivery WHERE id = $1", (await ids_of(pool, alert))[0])
    await pool.execute("UPDATE fan_out SET done_at = NULL WHERE alert_id = $1", alert)

    made = await fanned_out(pool)

    assert (made, len(await ids_of(pool, alert))) == (1, 4)


async def test_a_page_on_a_fresh_ledger_is_read_by_key(pool: Pool, agency: UUID) -> None:
    await settled_in(pool, agency, [Resident()] * 2_000)
    await posted(pool, agency, Post(shapes=(SQUARE,)))

    plan = await plan_of(pool, Page(LARGE, NOTHING, "NOT reached", NEW_CHUNK).statement)

    assert unprobed(plan, READ) == []
    assert set(READ) <= {table(node) for node in nodes(plan)}
    [looked] = [node for node in nodes(plan) if table(node) == "place"]
    assert (looked["Node Type"], looked["Index Name"]) == ("Index Scan", "place_member")
