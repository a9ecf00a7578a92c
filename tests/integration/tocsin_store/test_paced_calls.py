"""Calls are paced as texts are, by a sender and a rate of their own."""

from datetime import timedelta

import pytest

from tests.support.calls import CALLER, a_calling_agency, calling
from tests.support.texts import texting
from tests.support.world import Post, emptied
from tocsin_schemas.words import Channel, Lane, Severity
from tocsin_store import enqueue, estimates, pace
from tocsin_store.estimates import Queued
from tocsin_store.pool import Pool

SENDER = f"voice:{CALLER}"


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


async def enqueued(pool: Pool, channel: Channel, *, lane: Lane = Lane.URGENT) -> int:
    """Put what has room on the log; how many deliveries that were."""
    count = 0
    while True:
        async with enqueue.next_paced_chunk(
            pool, channel=channel, lane=lane, window=timedelta(seconds=30)
        ) as (connection, chunk):
            if chunk is None:
                return count
            await enqueue.mark_enqueued(connection, chunk, last_offset={0: chunk.number})
            count += len(chunk.delivery_ids)


async def test_a_call_s_turn_is_its_caller_s(pool: Pool) -> None:
    situation = await calling(pool, agency=await a_calling_agency(pool, calls_per_s=3))

    stands = await pace.standing(pool, [situation.alert], channel=Channel.VOICE)

    stand = stands[situation.alert]
    assert (stand.sender, stand.segments_per_s) == (SENDER, 3)


async def test_on_the_log_is_what_can_be_called_in_a_while(pool: Pool) -> None:
    await calling(pool, 200, agency=await a_calling_agency(pool, calls_per_s=1))
    await texting(pool, 200)

    assert (await enqueued(pool, Channel.VOICE), await enqueued(pool, Channel.SMS)) == (40, 200)


async def test_routine_calls_give_way_to_urgent_ones_of_the_same_caller(pool: Pool) -> None:
    await calling(pool, post=Post(lane=Lane.ROUTINE, severity=Severity.MINOR))
    await pool.execute("INSERT INTO pace VALUES ($1, now(), 0, now())", SENDER)

    assert await enqueued(pool, Channel.VOICE, lane=Lane.ROUTINE) == 0


async def test_what_waits_to_be_called_is_counted_by_caller(pool: Pool) -> None:
    mine, theirs = await calling(pool, 3), await calling(pool, 2)
    await texting(pool, 4)
    async with pool.acquire() as connection:
        queue = await estimates.queue(connection, agency_id=mine.agency, channel=Channel.VOICE)

    assert sorted((each.alert_id, each.texts, each.each) for each in queue) == sorted(
        [(mine.alert, 3, 1.0), (theirs.alert, 2, 1.0)]  # two agencies, one number
    )
    assert {type(each) for each in queue} == {Queued}


async def test_calls_that_are_still_to_be_fanned_out_count_as_expected(pool: Pool) -> None:
    situation = await calling(pool, 3)
    await pool.execute("UPDATE fan_out SET done_at = NULL")
    await pool.execute("UPDATE alert_content SET calls_expected = 50 WHERE alert_id = $1", situation.alert)

    async with pool.acquire() as connection:
        [queued] = await estimates.queue(connection, agency_id=situation.agency, channel=Channel.VOICE)

    assert queued.texts == 50
