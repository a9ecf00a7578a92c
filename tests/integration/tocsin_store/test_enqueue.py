"""What goes to Kafka next: the window, and chunks in order."""

from datetime import timedelta

import pytest

from tests.support.receipts import merged, told
from tests.support.world import (
    Post,
    Resident,
    an_agency,
    emptied,
    fanned_out,
    posted,
    settled_in,
    waiting,
)
from tocsin_schemas.words import Channel, Lane, ReceiptKind
from tocsin_store import enqueue
from tocsin_store.enqueue import ChunkToEnqueue
from tocsin_store.pool import Pool


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


async def next_chunk(pool: Pool, *, mark: bool = True, lane: Lane = Lane.URGENT) -> ChunkToEnqueue | None:
    """Take the next chunk, and say that it is on the log."""
    async with enqueue.next_chunk(pool, channel=Channel.EMAIL, lane=lane) as (connection, chunk):
        if chunk is not None and mark:
            await enqueue.mark_enqueued(connection, chunk, last_offset={0: chunk.number})
        return chunk


async def room(pool: Pool, *, least: int, window: timedelta = timedelta(seconds=30)) -> int:
    return await enqueue.room(pool, channel=Channel.EMAIL, lane=Lane.URGENT, least=least, window=window)


async def three_chunks(pool: Pool) -> None:
    """An alert with 10, 10 and 5 deliveries."""
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 25)
    await posted(pool, agency)
    await fanned_out(pool, limit=10)


async def test_chunks_come_in_order_each_once(pool: Pool) -> None:
    await three_chunks(pool)

    chunks = [await next_chunk(pool) for _ in range(4)]

    assert [chunk and chunk.number for chunk in chunks] == [0, 1, 2, None]


async def test_a_chunk_that_was_not_marked_comes_again(pool: Pool) -> None:
    await three_chunks(pool)

    chunks = [await next_chunk(pool, mark=False) for _ in range(2)]

    assert [chunk and chunk.number for chunk in chunks] == [0, 0]


async def test_two_replicas_take_different_chunks(pool: Pool) -> None:
    await three_chunks(pool)
    async with enqueue.next_chunk(pool, channel=Channel.EMAIL, lane=Lane.URGENT) as (_, first):
        second = await next_chunk(pool)

    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (0, 1)


async def test_a_lane_sees_its_own_chunks_only(pool: Pool) -> None:
    await waiting(pool, post=Post(lane=Lane.ROUTINE))

    assert await next_chunk(pool, lane=Lane.URGENT) is None
    assert await next_chunk(pool, lane=Lane.ROUTINE) is not None


async def test_the_window_shrinks_by_what_is_on_the_log_and_not_passed(pool: Pool) -> None:
    await three_chunks(pool)
    before = await room(pool, least=20)

    await next_chunk(pool)

    assert (before, await room(pool, least=20)) == (20, 10)


async def test_the_window_is_what_was_handed_over_lately(pool: Pool) -> None:
    await three_chunks(pool)
    chunks = [chunk for _ in range(3) if (chunk := await next_chunk(pool)) is not None]
    await enqueue.mark_passed(pool, chunks, barrier={0: 1})

    assert await room(pool, least=20) == 25
    assert await room(pool, least=20, window=timedelta()) == 20


async def test_a_passed_chunk_frees_its_room_and_a_settled_one_is_gone(pool: Pool) -> None:
    await three_chunks(pool)
    chunk = await next_chunk(pool)
    assert chunk is not None
    (enqueued,) = await enqueue.enqueued_chunks(pool, channel=Channel.EMAIL, lane=Lane.URGENT)
    await enqueue.mark_passed(pool, [chunk], barrier={3: 17})
    (passed,) = await enqueue.enqueued_chunks(pool, channel=Channel.EMAIL, lane=Lane.URGENT)
    await enqueue.mark_settled(pool, [chunk])

    assert (enqueued.last_offset, enqueued.barrier, passed.barrier) == ({0: 0}, None, {3: 17})
    assert await enqueue.enqueued_chunks(pool, channel=Channel.EMAIL, lane=Lane.URGENT) == []


async def test_the_barrier_of_a_passed_chunk_does_not_move(pool: Pool) -> None:
    await three_chunks(pool)
    chunk = await next_chunk(pool)
    assert chunk is not None

    await enqueue.mark_passed(pool, [chunk], barrier={0: 1})
    await enqueue.mark_passed(pool, [chunk], barrier={0: 9})

    (passed,) = await enqueue.enqueued_chunks(pool, channel=Channel.EMAIL, lane=Lane.URGENT)
    assert passed.barrier == {0: 1}


async def test_still_waiting_are_those_nobody_has_in_hand(pool: Pool) -> None:
    situation = await waiting(pool, 4)
    await situation.claimed(ids=situation.ids[:2], token=1)
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])
    await situation.is_due(2)

    assert await enqueue.still_waiting(pool, situation.ids) == [situation.ids[3]]
