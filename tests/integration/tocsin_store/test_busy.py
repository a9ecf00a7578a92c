"""What there is to do, of all lanes at once."""

from datetime import timedelta

import pytest

from tests.support.climbing import climbing
from tests.support.world import Post, emptied, fanned_out, waiting
from tocsin_schemas.words import Channel, Lane, Severity
from tocsin_store import enqueue
from tocsin_store.busy import Busy, Work, busy
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session

ROUTINE = Post(lane=Lane.ROUTINE, severity=Severity.MINOR)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


async def test_where_nothing_waits_nobody_is_busy(pool: Pool) -> None:
    assert await busy(pool) == []


async def test_a_chunk_is_to_be_enqueued_and_then_to_be_settled(pool: Pool) -> None:
    await waiting(pool, post=ROUTINE)
    before = await busy(pool)
    async with enqueue.next_chunk(pool, channel=Channel.EMAIL, lane=Lane.ROUTINE) as (connection, chunk):
        assert chunk is not None
        await enqueue.mark_enqueued(connection, chunk, last_offset={0: 1})
    after = await busy(pool)
    await enqueue.mark_settled(pool, [chunk])

    assert before == [Busy(Work.CHUNKS, Channel.EMAIL, Lane.ROUTINE)]
    assert after == [Busy(Work.ON_LOG, Channel.EMAIL, Lane.ROUTINE)]
    assert await busy(pool) == []


async def test_what_is_due_later_is_nothing_to_do_now(pool: Pool) -> None:
    situation = await waiting(pool)
    await pool.execute("UPDATE chunk SET settled_at = now()")

    await situation.is_due(after=timedelta(minutes=1))
    before = await busy(pool)
    await pool.execute("UPDATE due SET produce_after = now()")

    assert (before, await busy(pool)) == ([], [Busy(Work.DUE, Channel.EMAIL, Lane.URGENT)])


async def test_a_step_that_has_begun_needs_the_mark_and_who_moves_on_somebody_to_see_to_it(
    pool: Pool,
) -> None:
    climb = await climbing(pool)
    await fanned_out(pool)
    await pool.execute("UPDATE chunk SET settled_at = now()")
    before = await busy(pool)
    await climb.is_time()
    await pool.execute("INSERT INTO moving_on VALUES ($1, 1, 0, $2)", climb.alert, climb.members[0])

    assert before == []
    assert set(await busy(pool)) == {Busy(Work.MARK), Busy(Work.MOVING_ON)}


async def test_a_correction_and_a_session_that_died_are_somebodys_work(pool: Pool) -> None:
    session = await open_session(pool, worker="email-worker")
    situation = await waiting(pool, post=ROUTINE)
    await pool.execute("UPDATE chunk SET settled_at = now()")
    await pool.execute("UPDATE session SET state = 'dead', dead_at = now() WHERE id = $1", session)
    await pool.execute(
        "UPDATE fan_out SET reached = true, done_at = NULL WHERE alert_id = $1", situation.alert
    )

    assert set(await busy(pool)) == {Busy(Work.CORRECTIONS), Busy(Work.DEAD)}
