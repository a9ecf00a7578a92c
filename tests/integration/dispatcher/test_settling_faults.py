"""Settling when the log fails it: lost records, topics made anew, a partition that nobody reads."""

import asyncio
from datetime import timedelta

import pytest

from dispatcher.recovery import Recovery
from dispatcher.settling import Settler
from dispatcher.stalls import StallWatch
from tests.integration.dispatcher.test_recovery import (
    TOPIC,
    a_record,
    all_merged,
    chunk_of,
    died,
    observer,
    outlet,
    passed_by,
    situation,
    works,
)
from tests.support.crew import a_queue, merging
from tests.support.eventually import eventually
from tests.support.topics import emptied_log, made_anew, written
from tests.support.world import Situation
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.producer import Outlet
from tocsin_schemas.topics import RECEIPTS
from tocsin_schemas.words import Channel, Lane

__all__ = ("observer", "outlet", "situation")  # fixtures


@pytest.fixture
def settler(situation: Situation, observer: Observer, outlet: Outlet) -> Settler:
    return Settler(situation.pool, outlet, observer, Channel.EMAIL, Lane.URGENT)


async def produced_again(settler: Settler, situation: Situation) -> bool:
    """Look once; whether the chunk is on the log anew."""
    before = await chunk_of(situation)
    await settler.settle()
    after = await chunk_of(situation)
    assert before is not None
    assert after is not None
    return before.barrier is not None and after.barrier is None


async def test_records_that_kafka_deleted_before_anybody_read_them_are_produced_again(
    situation: Situation, settler: Settler, observer: Observer, outlet: Outlet, kafka_bootstrap: str
) -> None:
    await a_queue(situation.pool, outlet).enqueue_chunk()
    await emptied_log(kafka_bootstrap, TOPIC)
    first = await observer.end_offsets(TOPIC)

    await settler.settle()

    assert await produced_again(settler, situation)
    assert sum((await observer.end_offsets(TOPIC)).values()) == sum(first.values()) + 1


@pytest.mark.parametrize("read", [True, False], ids=["read before", "never read"])
async def test_records_of_a_topic_made_anew_are_produced_again(
    situation: Situation,
    settler: Settler,
    observer: Observer,
    outlet: Outlet,
    kafka_bootstrap: str,
    *,
    read: bool,
) -> None:
    if read:
        await written(kafka_bootstrap, [a_record(situation)])
        await all_merged(situation.pool, observer)
        await passed_by(kafka_bootstrap, observer)
    await a_queue(situation.pool, outlet).enqueue_chunk()
    await made_anew(kafka_bootstrap, TOPIC)

    await settler.settle()

    assert await produced_again(settler, situation)
    assert sum((await observer.end_offsets(TOPIC)).values()) == 1


async def test_a_chunk_whose_barrier_was_on_receipts_made_anew_takes_another(
    situation: Situation, settler: Settler, observer: Observer, outlet: Outlet, kafka_bootstrap: str
) -> None:
    await a_queue(situation.pool, outlet).enqueue_chunk()
    await written(kafka_bootstrap, [a_record(situation)] * 3)
    await passed_by(kafka_bootstrap, observer)
    await settler.settle()
    await made_anew(kafka_bootstrap, RECEIPTS)

    async with merging(situation.pool, kafka_bootstrap):

        async def again() -> bool:
            return await produced_again(settler, situation)

        await eventually(again)


async def test_a_dead_session_whose_barrier_was_on_receipts_made_anew_is_recovered(
    situation: Situation, observer: Observer, kafka_bootstrap: str
) -> None:
    await situation.claimed()
    await written(kafka_bootstrap, [a_record(situation)] * 3)
    await died(situation)
    recovery = Recovery(situation.pool, observer)
    await recovery.recover_dead()
    held = await works(situation)
    await made_anew(kafka_bootstrap, RECEIPTS)

    async with merging(situation.pool, kafka_bootstrap):

        async def freed() -> bool:
            await recovery.recover_dead()
            return await works(situation) == {"waiting"}

        await eventually(freed)

    assert held == {"claimed"}


async def test_nothing_is_freed_by_offsets_of_receipts_that_are_no_more(
    situation: Situation, observer: Observer, kafka_bootstrap: str
) -> None:
    await situation.claimed()
    await written(kafka_bootstrap, [a_record(situation)] * 3)
    await all_merged(situation.pool, observer)
    await made_anew(kafka_bootstrap, RECEIPTS)
    await written(kafka_bootstrap, [a_record(situation)])
    await died(situation)
    recovery = Recovery(situation.pool, observer)

    for _ in range(3):
        await recovery.recover_dead()

    assert await works(situation) == {"claimed"}


async def test_a_chunk_on_a_partition_nobody_reads_goes_by_another(
    situation: Situation, observer: Observer, outlet: Outlet
) -> None:
    now = [0.0]
    stalls = StallWatch(patience=timedelta(seconds=60), clock=lambda: now[0])
    settler = Settler(situation.pool, outlet, observer, Channel.EMAIL, Lane.URGENT, stalls=stalls)
    await a_queue(situation.pool, outlet).enqueue_chunk()
    first = await chunk_of(situation)

    partitions = []
    for _ in range(3):
        await settler.settle()
        now[0] += 59
        chunk = await chunk_of(situation)
        assert chunk is not None
        partitions.append(set(chunk.last_offset))

    assert first is not None
    assert partitions[:2] == [set(first.last_offset)] * 2
    assert partitions[2].isdisjoint(first.last_offset)


async def test_two_dispatchers_put_a_chunk_on_the_log_once(
    situation: Situation, observer: Observer, outlet: Outlet, kafka_bootstrap: str
) -> None:
    before = await observer.end_offsets(TOPIC)
    async with Outlet(kafka_bootstrap, client_id="another") as another:
        queues = [a_queue(situation.pool, each) for each in (outlet, another)]
        went = await asyncio.gather(*(queue.enqueue_chunk() for queue in queues))

    after = await observer.end_offsets(TOPIC)
    assert sorted(went) == [False, True]
    assert sum(after.values()) == sum(before.values()) + 1
