"""A large fan-out is split: several are at it, and nobody is left out or met twice."""

import asyncio
from uuid import UUID

import pytest

from tests.support.world import Resident, an_agency, emptied, fanned_out, ids_of, posted, settled_in, tallied
from tocsin_schemas.words import Channel, State
from tocsin_store import waves
from tocsin_store.fan_out import Chunk, insert_chunk
from tocsin_store.pool import Pool


@pytest.fixture(autouse=True)
async def _nothing_else_is_open(pool: Pool) -> None:
    await emptied(pool)


async def a_crowd(pool: Pool, count: int) -> UUID:
    """An alert to so many, whom the database has statistics of."""
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * count)
    await pool.execute("ANALYZE place")
    return await posted(pool, agency)


async def some(pool: Pool, *, parts: int) -> list[Chunk]:
    """The chunks that one connection inserts while there are any."""
    chunks = list[Chunk]()
    while (chunk := await insert_chunk(pool, limit=10, parts=parts)) is not None:
        chunks.append(chunk)
    return chunks


async def test_several_are_at_a_fan_out_and_everybody_is_met_once(pool: Pool) -> None:
    alert = await a_crowd(pool, 400)
    first = await insert_chunk(pool, limit=10, parts=3)

    shares = await asyncio.gather(*(some(pool, parts=3) for _ in range(3)))

    ids = await ids_of(pool, alert)
    chunked = await pool.fetch("SELECT unnest(delivery_ids) AS id FROM chunk WHERE alert_id = $1", alert)
    done = await pool.fetchrow(
        "SELECT count(*) AS parts, sum(members) AS members, bool_and(done_at IS NOT NULL) AS done"
        " FROM fan_out WHERE alert_id = $1",
        alert,
    )
    assert first is not None
    assert first.split
    assert all(shares)
    assert len(ids) == 400
    assert sorted(row["id"] for row in chunked) == ids
    assert await tallied(pool, alert) == {State.PENDING: 400}
    assert done is not None
    assert done["parts"] > 3
    assert (done["members"], done["done"]) == (400, True)


async def test_no_more_parts_are_open_than_were_asked_for(pool: Pool) -> None:
    alert = await a_crowd(pool, 300)

    splits = [chunk.split for _ in range(4) if (chunk := await insert_chunk(pool, limit=10, parts=2))]

    assert splits == [True, False, False, False]
    assert await pool.fetchval("SELECT count(*) FROM fan_out WHERE alert_id = $1", alert) == 2


async def test_one_connection_alone_comes_through_all_parts(pool: Pool) -> None:
    alert = await a_crowd(pool, 120)
    await insert_chunk(pool, limit=10, parts=2)

    await fanned_out(pool, limit=10)

    assert len(await ids_of(pool, alert)) == 120


async def test_a_step_that_was_split_is_told_of_once(pool: Pool) -> None:
    alert = await a_crowd(pool, 200)
    await some(pool, parts=4)

    async with pool.acquire() as connection:
        (step,) = await waves.read(connection, alert, version=1)

    assert (step.channels, step.state, step.deliveries) == ([Channel.EMAIL], "done", 200)
