"""A crew for texts: a worker with a stand-in channel, paced or not, that can be asked what it took."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import SecretStr

from dispatcher.enqueue import LaneQueue
from dispatcher.settings import DispatcherSettings
from tests.support.crew import LATE, merging
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
from tocsin_runtime.delivery.decide import SMS
from tocsin_runtime.delivery.errand import Look
from tocsin_runtime.delivery.pace import Pace
from tocsin_runtime.delivery.worker import work
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel, Lane, Reason
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool

NO_ROOM = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE, scope=Scope.ROUTE)


def taken(delivery: ClaimedDelivery, *, segments: int = 1) -> Outcome:
    """The provider took it."""
    return Outcome(
        OutcomeClass.OK, None, "201", provider="stub", ref=f"SM{delivery.id.hex}", segments=segments
    )


@dataclass
class StubTexts:
    """A channel that says what it is told to say, keeps to its budget, and notes when it was given what."""

    answer: Callable[[ClaimedDelivery], Outcome] = taken
    found: Callable[[ClaimedDelivery], Outcome] = taken
    segments: int = 1
    providers: Sequence[str] = ("stub",)
    begun: list[tuple[float, UUID, UUID]] = field(default_factory=list)
    """When, of which alert, which delivery."""
    looked_up: list[UUID] = field(default_factory=list)

    async def send(
        self, batch: Batch, *, gate: Gate, holds: Holds, routes: RouteWatch
    ) -> AsyncIterator[Sequence[Settled]]:
        assert holds is not None
        assert routes is not None
        room = batch.budget
        settled: list[Settled] = []
        for number, delivery in enumerate(batch.deliveries):
            if room is not None and room < self.segments:
                settled.append(Settled(number, NO_ROOM))
            elif not gate.may_begin(batch.begin_by):
                settled.append(Settled(number, LATE))
            else:
                room = None if room is None else room - self.segments
                self.begun.append((time.monotonic(), batch.alert_id, delivery.id))
                settled.append(Settled(number, self.answer(delivery)))
        yield settled

    async def find(self, batch: Batch) -> Sequence[Settled]:
        self.looked_up += [delivery.id for delivery in batch.deliveries]
        return [Settled(number, self.found(delivery)) for number, delivery in enumerate(batch.deliveries)]

    async def probe(self, provider: str) -> bool:
        return provider in self.providers

    @property
    def given(self) -> list[UUID]:
        """Every delivery handed over so far, in order."""
        return [delivery for _, _, delivery in self.begun]


@asynccontextmanager
async def text_crew(
    pool: Pool,
    kafka: str,
    *,
    sender: StubTexts,
    lanes: Sequence[Lane] = (Lane.URGENT,),
    pace: Pace | None = None,
    look: Look | None = None,
) -> AsyncIterator[Process]:
    """Enqueue, deliver and merge while inside."""
    process = Process()
    settings = DispatcherSettings(database_url=SecretStr("postgresql://x"))
    async with merging(pool, kafka), Outlet(kafka, client_id="test") as outlet, asyncio.TaskGroup() as group:
        for lane in lanes:
            queue = LaneQueue(pool, outlet, Channel.SMS, lane, settings)
            group.create_task(repeat(queue.enqueue_chunk, process=process, name="chunks", every=0.1))
            group.create_task(repeat(queue.enqueue_due, process=process, name="due", every=0.1))
        group.create_task(
            work(
                process,
                channel=Channel.SMS,
                sender=sender,
                policy=SMS,
                lanes=lanes,
                pool=pool,
                outlet=outlet,
                kafka_bootstrap_servers=kafka,
                finder=sender,
                pace=pace,
                look=look,
            )
        )
        try:
            yield process
        finally:
            process.stopping.set()
