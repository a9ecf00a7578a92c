"""Recovery passes the receipts barrier before it frees anything; so does settling."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dispatcher.recovery import Recovery
from dispatcher.settling import Settler
from tests.support.crew import a_queue
from tests.support.eventually import eventually
from tests.support.receipts import told
from tests.support.topics import written
from tests.support.world import Situation, emptied, waiting
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_runtime.kafka.records import receipt_record
from tocsin_schemas.topics import RECEIPTS, deliveries, worker_group
from tocsin_schemas.words import Channel, Lane, ReceiptKind, State
from tocsin_store import enqueue, sessions
from tocsin_store.enqueue import EnqueuedChunk
from tocsin_store.outbox import keep_receipts
from tocsin_store.pool import Pool

TOPIC = deliveries(Channel.EMAIL, Lane.URGENT)


def a_record(situation: Situation) -> Record:
    """The receipt of an accepted delivery, as a worker writes it."""
    return receipt_record(told(situation, ReceiptKind.ACCEPTED), topic=RECEIPTS.name, source="/test")


@pytest.fixture
async def observer(kafka_bootstrap: str) -> AsyncIterator[Observer]:
    async with Observer(kafka_bootstrap) as observer:
        yield observer


@pytest.fixture
async def outlet(kafka_bootstrap: str) -> AsyncIterator[Outlet]:
    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        yield outlet


@pytest.fixture
async def situation(pool: Pool, observer: Observer) -> Situation:
    """Three deliveries; every receipt so far is merged."""
    await emptied(pool)
    situation = await waiting(pool, 3)
    await all_merged(pool, observer)
    return situation


async def all_merged(pool: Pool, observer: Observer) -> None:
    """Say that the merge has reached the end of the receipts."""
    for partition, end in (await observer.end_offsets(RECEIPTS)).items():
        await pool.execute(
            """INSERT INTO merged_offset VALUES ($1, $2, $3)
               ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset""",
            RECEIPTS.name,
            partition,
            end,
        )


async def died(situation: Situation) -> None:
    beat = (await sessions.live_heartbeats(situation.pool))[situation.session]
    assert await sessions.mark_dead(situation.pool, situation.session, unless_after=beat)


async def works(situation: Situation) -> set[str]:
    return {(await situation.row(number))["work"] for number in range(3)}


async def test_what_a_dead_session_held_is_freed(situation: Situation, observer: Observer) -> None:
    await situation.claimed()
    await died(situation)

    await Recovery(situation.pool, observer).recover_dead()

    assert await works(situation) == {"waiting"}
    assert (await situation.row())["state"] == State.UNKNOWN
    assert await sessions.dead_sessions(situation.pool) == {}


async def test_nothing_is_freed_while_a_receipt_is_not_merged(
    situation: Situation, observer: Observer, kafka_bootstrap: str
) -> None:
    await situation.claimed()
    await written(kafka_bootstrap, [a_record(situation)])
    await died(situation)
    recovery = Recovery(situation.pool, observer)

    await recovery.recover_dead()
    held = await works(situation)
    await all_merged(situation.pool, observer)
    await recovery.recover_dead()

    assert (held, await works(situation)) == ({"claimed"}, {"waiting"})


async def test_nothing_is_freed_while_a_receipt_is_in_the_outbox(
    situation: Situation, observer: Observer
) -> None:
    await situation.claimed()
    await keep_receipts(situation.pool, [told(situation, ReceiptKind.ACCEPTED)])
    await died(situation)
    recovery = Recovery(situation.pool, observer)

    await recovery.recover_dead()
    held = await works(situation)
    await situation.pool.execute("DELETE FROM outbox")
    await recovery.recover_dead()

    assert (held, await works(situation)) == ({"claimed"}, {"waiting"})


async def test_a_claim_its_live_session_no_longer_knows_is_freed(
    situation: Situation, observer: Observer
) -> None:
    await situation.claimed()
    await situation.pool.execute("UPDATE delivery SET claimed_at = now() - interval '1 minute'")
    await sessions.heartbeat(situation.pool, situation.session, oldest_claim_age=None)
    recovery = Recovery(situation.pool, observer)

    await recovery.recover_orphans()
    first = await works(situation)
    await recovery.recover_orphans()

    assert (first, await works(situation)) == ({"claimed"}, {"waiting"})
    assert situation.session in await sessions.live_heartbeats(situation.pool)


async def test_a_claim_its_session_still_has_open_is_left(situation: Situation, observer: Observer) -> None:
    await situation.claimed()
    await situation.pool.execute("UPDATE delivery SET claimed_at = now() - interval '1 minute'")
    await sessions.heartbeat(situation.pool, situation.session, oldest_claim_age=timedelta(minutes=2))
    recovery = Recovery(situation.pool, observer)

    await recovery.recover_orphans()
    await recovery.recover_orphans()

    assert await works(situation) == {"claimed"}


async def chunk_of(situation: Situation) -> EnqueuedChunk | None:
    chunks = await enqueue.enqueued_chunks(situation.pool, channel=Channel.EMAIL, lane=Lane.URGENT)
    return next((chunk for chunk in chunks if chunk.chunk.alert_id == situation.alert), None)


async def passed_by(kafka: str, observer: Observer) -> None:
    """Let the worker's group read everything and commit."""
    group = worker_group(Channel.EMAIL, Lane.URGENT)
    ends = await observer.end_offsets(TOPIC)
    async with Intake(kafka, topic=TOPIC, group=group) as intake:

        async def at_the_end() -> bool:
            for record in await intake.take(limit=1_000):
                record.finish()
            at = await observer.committed(group)
            return all(at.get((TOPIC.name, partition), 0) >= end for partition, end in ends.items() if end)

        await eventually(at_the_end)


async def test_what_a_lost_record_left_waiting_is_produced_again_past_the_barrier(
    situation: Situation, observer: Observer, outlet: Outlet, kafka_bootstrap: str
) -> None:
    await a_queue(situation.pool, outlet).enqueue_chunk()
    settler = Settler(situation.pool, outlet, observer, Channel.EMAIL, Lane.URGENT)
    await settler.settle()
    first = await chunk_of(situation)
    await passed_by(kafka_bootstrap, observer)
    await written(kafka_bootstrap, [a_record(situation)])

    await settler.settle()
    await settler.settle()
    held = await chunk_of(situation)
    await all_merged(situation.pool, observer)
    await settler.settle()
    again = await chunk_of(situation)

    assert first is not None
    assert held is not None
    assert again is not None
    assert (first.barrier, held.last_offset) == (None, first.last_offset)
    assert held.barrier is not None
    assert again.barrier is None
    assert again.last_offset != first.last_offset


async def test_a_chunk_nobody_of_which_waits_is_settled(
    situation: Situation, observer: Observer, outlet: Outlet, kafka_bootstrap: str
) -> None:
    await a_queue(situation.pool, outlet).enqueue_chunk()
    await situation.claimed()
    await passed_by(kafka_bootstrap, observer)
    settler = Settler(situation.pool, outlet, observer, Channel.EMAIL, Lane.URGENT)

    await settler.settle()
    await settler.settle()

    assert await chunk_of(situation) is None


async def test_a_chunk_is_not_passed_while_a_receipt_is_in_the_outbox(
    situation: Situation, observer: Observer, outlet: Outlet, kafka_bootstrap: str
) -> None:
    await a_queue(situation.pool, outlet).enqueue_chunk()
    await keep_receipts(situation.pool, [told(situation, ReceiptKind.ACCEPTED)])
    await passed_by(kafka_bootstrap, observer)
    settler = Settler(situation.pool, outlet, observer, Channel.EMAIL, Lane.URGENT)

    await settler.settle()

    chunk = await chunk_of(situation)
    assert chunk is not None
    assert chunk.barrier is None
