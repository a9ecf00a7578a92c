"""Paced senders: each has a window of its own on the log, and what expires first goes first."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.texts import a_texting_agency, texting
from tests.support.world import Post, Situation, emptied
from tocsin_schemas.words import Channel, Lane, Severity
from tocsin_store import enqueue
from tocsin_store.pool import Pool

HOUR = timedelta(hours=1)
ROUTINE = Post(lane=Lane.ROUTINE, severity=Severity.MINOR)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


async def next_alert(pool: Pool, *, lane: Lane = Lane.URGENT, window_s: int = 30) -> UUID | None:
    """Put the next chunk on the log; whose it was."""
    async with enqueue.next_paced_chunk(
        pool, channel=Channel.SMS, lane=lane, window=timedelta(seconds=window_s)
    ) as (connection, chunk):
        if chunk is None:
            return None
        await enqueue.mark_enqueued(connection, chunk, last_offset={0: chunk.number})
        return chunk.alert_id


async def drained(pool: Pool, *, window_s: int = 30) -> list[UUID]:
    alerts: list[UUID] = []
    while (alert := await next_alert(pool, window_s=window_s)) is not None:
        alerts.append(alert)
    return alerts


async def test_a_chunk_of_a_paced_sender_is_what_goes_in_some_seconds(pool: Pool) -> None:
    slowest = await texting(pool, 45, agency=await a_texting_agency(pool, segments_per_s=1))
    slow = await texting(pool, 250)
    fast = await texting(pool, 550, agency=await a_texting_agency(pool, segments_per_s=400))

    assert await sizes(slow) == [100, 100, 50]
    assert await sizes(slowest) == [40, 5]
    assert await sizes(fast) == [500, 50]


async def sizes(situation: Situation) -> list[int]:
    rows = await situation.pool.fetch(
        "SELECT deliveries FROM chunk WHERE alert_id = $1 ORDER BY number", situation.alert
    )
    return [row["deliveries"] for row in rows]


async def test_one_senders_queue_stands_before_nobody_elses(pool: Pool) -> None:
    first, second = await texting(pool, 500), await texting(pool, 120)

    assert await drained(pool) == [first.alert] * 3 + [second.alert] * 2


async def test_a_window_opens_as_the_workers_come_past_it(pool: Pool) -> None:
    situation = await texting(pool, 200)
    assert await drained(pool, window_s=10) == [situation.alert]

    await pool.execute("UPDATE chunk SET passed_at = now() WHERE enqueued_at IS NOT NULL")

    assert await drained(pool, window_s=10) == [situation.alert]


async def test_what_expires_first_goes_first(pool: Pool) -> None:
    agency = await a_texting_agency(pool)
    later = await texting(pool, agency=agency, post=Post(expires_in=3 * HOUR))
    sooner = await texting(pool, agency=agency, post=Post(expires_in=HOUR))

    assert await drained(pool) == [sooner.alert, later.alert]


async def test_routine_chunks_wait_while_urgent_texts_of_their_sender_go(pool: Pool) -> None:
    busy, idle = await texting(pool, post=ROUTINE), await texting(pool, post=ROUTINE)
    await pool.execute(
        "INSERT INTO pace SELECT sms_from, now(), 0, now() FROM agency WHERE id = $1", busy.agency
    )

    assert await next_alert(pool, lane=Lane.ROUTINE) == idle.alert
    assert await next_alert(pool, lane=Lane.ROUTINE) is None


async def test_what_is_over_waits_for_no_window(pool: Pool) -> None:
    over = await texting(pool, 500)
    await pool.execute("UPDATE alert SET open = false WHERE id = $1", over.alert)

    assert len(await drained(pool)) == 5
