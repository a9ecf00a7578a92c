"""The audience: whom an alert reaches, and whom it does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.world import (
    SQUARE,
    Post,
    Resident,
    an_agency,
    fanned_out,
    ids_of,
    posted,
    settled_in,
    tallied,
)
from tocsin_schemas.words import Purpose, State
from tocsin_store.geometry import Shape
from tocsin_store.pool import Pool

HOLE = ((350_040.0, 430_040.0), (350_060.0, 430_040.0), (350_060.0, 430_060.0), (350_040.0, 430_060.0))
FAR: tuple[float, float] = (350_500.0, 430_500.0)

OUTSIDERS = {
    "lives outside": Resident(at=FAR),
    "gave no consent": Resident(purpose=None),
    "consented to something else": Resident(purpose=Purpose.MARKETING),
    "has not confirmed an address": Resident(confirmed=False),
    "has no address": Resident(addresses=0),
}


@pytest.mark.parametrize("limit", [100, 1])
@pytest.mark.parametrize("why", OUTSIDERS)
async def test_nobody_gets_a_row_who(pool: Pool, why: str, limit: int) -> None:
    agency = await an_agency(pool)
    (insider, _) = await settled_in(pool, agency, [Resident(), OUTSIDERS[why]])
    alert = await posted(pool, agency)

    made = await fanned_out(pool, limit=limit)

    assert made == 1
    assert await pool.fetchval("SELECT member_id FROM delivery WHERE alert_id = $1", alert) == insider


@pytest.mark.parametrize("limit", [100, 1])
async def test_a_place_in_a_hole_of_the_area_is_outside(pool: Pool, limit: int) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident(), Resident(at=(350_010.0, 430_010.0))])
    alert = await posted(pool, agency, Post(shapes=(replace(SQUARE, holes=(HOLE,)),)))

    await fanned_out(pool, limit=limit)

    assert len(await ids_of(pool, alert)) == 1


async def test_a_place_in_two_outlines_counts_once(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()])
    alert = await posted(pool, agency, Post(shapes=(SQUARE, Shape(SQUARE.outline))))

    await fanned_out(pool)

    assert len(await ids_of(pool, alert)) == 1


ENDS = {
    "withdrew consent before it was posted": "UPDATE consent SET valid_until = now() WHERE member_id = $1",
    "consented after it was posted": (
        "UPDATE consent SET valid_from = now() + interval '1 hour' WHERE member_id = $1"
    ),
    "gave the address up before it was posted": (
        "UPDATE contact_point SET valid_until = now() WHERE member_id = $1"
    ),
    "confirmed the address after it was posted": (
        "UPDATE contact_point SET confirmed_at = now() + interval '1 hour' WHERE member_id = $1"
    ),
}


@pytest.mark.parametrize("why", ENDS)
async def test_the_audience_is_frozen_without_whoever(pool: Pool, why: str) -> None:
    agency = await an_agency(pool)
    (member,) = await settled_in(pool, agency, [Resident()])
    await pool.execute(ENDS[why], member)
    await posted(pool, agency)

    assert await fanned_out(pool) == 0


async def test_who_withdraws_after_it_was_posted_has_a_row(pool: Pool) -> None:
    agency = await an_agency(pool)
    (member,) = await settled_in(pool, agency, [Resident()])
    alert = await posted(pool, agency)
    await pool.execute("UPDATE consent SET valid_until = clock_timestamp() WHERE member_id = $1", member)

    await fanned_out(pool)

    assert await tallied(pool, alert) == {State.PENDING: 1}


async def test_consent_given_to_another_agency_does_not_count(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, await an_agency(pool), [Resident()])
    await posted(pool, agency)

    assert await fanned_out(pool) == 0


async def test_a_member_with_two_addresses_gets_two_deliveries(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident(addresses=2)])
    alert = await posted(pool, agency)

    await fanned_out(pool)

    rows = await pool.fetch("SELECT contact_point_id FROM delivery WHERE alert_id = $1", alert)
    assert len({row["contact_point_id"] for row in rows}) == 2
    assert await pool.fetchval("SELECT members FROM fan_out WHERE alert_id = $1", alert) == 1


async def test_an_alert_nobody_is_to_get_is_done_at_once(pool: Pool) -> None:
    agency = await an_agency(pool)
    alert = await posted(pool, agency, Post(expires_in=timedelta(hours=1)))

    await fanned_out(pool)

    assert await pool.fetchval("SELECT done_at FROM fan_out WHERE alert_id = $1", alert) is not None
    assert await pool.fetchval("SELECT count(*) FROM chunk WHERE alert_id = $1", alert) == 0
