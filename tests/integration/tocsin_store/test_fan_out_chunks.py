"""Chunks: bounded, repeatable, shared by replicas, the most urgent alert first."""

import asyncio
from uuid import UUID

import pytest

from tests.support.world import (
    Post,
    Resident,
    an_agency,
    emptied,
    fanned_out,
    ids_of,
    posted,
    settled_in,
    tallied,
)
from tocsin_schemas.words import Lane, State
from tocsin_store.fan_out import Chunk, insert_chunk
from tocsin_store.pool import Pool

FIRST = UUID(int=0)


@pytest.fixture(autouse=True)
async def _nothing_else_is_open(pool: Pool) -> None:
    await emptied(pool)


async def test_a_chunk_takes_no_more_than_its_limit(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 25)
    alert = await posted(pool, agency)

    chunks = [await insert_chunk(pool, limit=10) for _ in range(4)]

    assert [chunk and chunk.deliveries for chunk in chunks] == [10, 10, 5, None]
    sizes = await pool.fetch(
        "SELECT number, cardinality(delivery_ids) AS n FROM chunk WHERE alert_id = $1", alert
    )
    assert {row["number"]: row["n"] for row in sizes} == {0: 10, 1: 10, 2: 5}


async def test_rows_chunks_tally_and_progress_agree(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident(addresses=2)] * 7 + [Resident()] * 4)
    alert = await posted(pool, agency)

    await fanned_out(pool, limit=3)

    ids = await ids_of(pool, alert)
    chunked = await pool.fetch("SELECT unnest(delivery_ids) AS id FROM chunk WHERE alert_id = $1", alert)
    progress = await pool.fetchrow("SELECT members, done_at FROM fan_out WHERE alert_id = $1", alert)
    assert len(ids) == 18
    assert sorted(row["id"] for row in chunked) == ids
    assert await tallied(pool, alert) == {State.PENDING: 18}
    assert progress is not None
    assert progress["members"] == 11
    assert progress["done_at"] is not None


async def test_a_small_audience_is_one_page(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 9)
    alert = await posted(pool, agency)

    chunk = await insert_chunk(pool, limit=10)

    assert chunk == Chunk(alert, 9, finished=True)


async def test_run_again_from_the_start_makes_no_delivery_twice(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 12)
    alert = await posted(pool, agency)
    await fanned_out(pool, limit=5)
    await pool.execute(
        "UPDATE fan_out SET done_at = NULL, after_member = $2, after_point = $2 WHERE alert_id = $1",
        alert,
        FIRST,
    )

    made = await fanned_out(pool, limit=5)

    assert made == 0
    assert len(await ids_of(pool, alert)) == 12
    assert await tallied(pool, alert) == {State.PENDING: 12}


async def test_replicas_share_the_work_without_a_delivery_twice(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 60)
    alerts = [await posted(pool, agency) for _ in range(3)]

    made = 0
    while made < 180:
        made += sum(await asyncio.gather(*(fanned_out(pool, limit=7) for _ in range(3))))

    assert made == 180
    for alert in alerts:
        assert len(await ids_of(pool, alert)) == 60
        assert await tallied(pool, alert) == {State.PENDING: 60}


async def test_urgent_overtakes_between_chunks(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 6)
    routine = await posted(pool, agency, Post(lane=Lane.ROUTINE))
    await insert_chunk(pool, limit=4)
    urgent = await posted(pool, agency, Post(lane=Lane.URGENT))

    order = [chunk.alert_id for _ in range(4) if (chunk := await insert_chunk(pool, limit=4)) is not None]

    assert order == [urgent, urgent, routine]


async def test_a_page_that_cuts_a_members_addresses_counts_the_member_once(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident(addresses=3)] * 4)
    alert = await posted(pool, agency)

    await fanned_out(pool, limit=2)

    assert len(await ids_of(pool, alert)) == 12
    assert await pool.fetchval("SELECT members FROM fan_out WHERE alert_id = $1", alert) == 4
