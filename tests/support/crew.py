"""A whole crew in one process: a worker with a stand-in channel, the merge, and what enqueues."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import SecretStr

from dispatcher.enqueue import LaneQueue
from dispatcher.settings import DispatcherSettings
from receipts_worker.merging import Merger
from tocsin_runtime.delivery.channel import (
    Batch,
    Gate,
    Holds,
    Outcome,
    OutcomeClass,
    RouteWatch,
    Scope,
    Settled,
)
from tocsin_runtime.delivery.decide import EMAIL
from tocsin_runtime.delivery.worker import work
from tocsin_runtime.kafka.dead_letters import DeadLetters
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel, Lane, Reason
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool

OK = Outcome(OutcomeClass.OK, None, "250")
LATE = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)


@dataclass
class StubChannel:
    """A channel that says what it is told to say, and notes what it was given."""

    answer: Callable[[ClaimedDelivery], Outcome] = lambda _: OK
    up: bool = True
    providers: Sequence[str] = ("stub",)
    batches: list[Sequence[UUID]] = field(default_factory=list)
    probes: int = 0

    async def send(
        self, batch: Batch, *, gate: Gate, holds: Holds, routes: RouteWatch
    ) -> AsyncIterator[Sequence[Settled]]:
        assert routes is not None
        if not gate.may_begin(batch.begin_by):  # the machine is busy: claimed again, it comes again
            yield [Settled(n, LATE) for n in range(len(batch.deliveries))]
            return
        self.batches.append([delivery.id for delivery in batch.deliveries])
        settled = [Settled(n, self.answer(delivery)) for n, delivery in enumerate(batch.deliveries)]
        for each in settled:
            if each.outcome.of is OutcomeClass.PAUSE and each.outcome.scope is Scope.CHANNEL:
                holds.hold(self.providers[0], each.outcome.reason or Reason.PROVIDER_UNREACHABLE)
        yield settled

    async def probe(self, provider: str) -> bool:
        assert provider in self.providers
        self.probes += 1
        return self.up

    @property
    def given(self) -> list[UUID]:
        """Every delivery handed over so far, in order."""
        return [delivery for batch in self.batches for delivery in batch]


@asynccontextmanager
async def merging(pool: Pool, kafka: str, *, limit: int = 2_000) -> AsyncIterator[Process]:
    """Merge while inside."""
    process = Process()
    async with Outlet(kafka, client_id="test") as outlet, asyncio.TaskGroup() as group:
        merger = Merger(
            pool, bootstrap_servers=kafka, dead_letters=DeadLetters(outlet, group="t"), limit=limit
        )
        group.create_task(merger.run(process))
        try:
            yield process
        finally:
            process.stopping.set()


def a_queue(pool: Pool, outlet: Outlet, *, lane: Lane = Lane.URGENT, window_least: int = 1_000) -> LaneQueue:
    """The queue of one lane."""
    settings = DispatcherSettings(database_url=SecretStr("postgresql://x"), window_least=window_least)
    return LaneQueue(pool, outlet, Channel.EMAIL, lane, settings)


@asynccontextmanager
async def crew(
    pool: Pool, kafka: str, *, sender: StubChannel, lane: Lane = Lane.URGENT
) -> AsyncIterator[Process]:
    """Enqueue, deliver and merge while inside."""
    process = Process()
    async with merging(pool, kafka), Outlet(kafka, client_id="test") as outlet, asyncio.TaskGroup() as group:
        queue = a_queue(pool, outlet, lane=lane)
        group.create_task(repeat(queue.enqueue_chunk, process=process, name="chunks", every=0.1))
        group.create_task(repeat(queue.enqueue_due, process=process, name="due", every=0.1))
        group.create_task(
            work(
                process,
                channel=Channel.EMAIL,
                sender=sender,
                policy=EMAIL,
                lanes=[lane],
                pool=pool,
                outlet=outlet,
                kafka_bootstrap_servers=kafka,
            )
        )
        try:
            yield process
        finally:
            process.stopping.set()
