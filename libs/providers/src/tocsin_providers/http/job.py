"""A batch on its way: its messages, what became of them so far, and the parts in which that is told."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Generic, TypeVar

from tocsin_providers.http.wire import LATE
from tocsin_runtime.delivery.channel import Batch, Gate, Holds, Outcome, Settled
from tocsin_schemas.words import Lane

PART_SECONDS: Final = 1.0

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Message(Generic[T]):
    """One message of a job; `waiting` until a request takes it or it is settled."""

    job: "Job[T]"
    number: int
    what: T
    waiting: bool = True
    tried: frozenset[str] = frozenset()
    """Providers that certainly did not take it."""

    def may_begin(self) -> bool:
        """Asked in the slice of its first byte."""
        return self.job.gate.may_begin(self.job.begin_by)

    def settle(self, outcome: Outcome) -> None:
        """Note what became of it, once."""
        self.waiting = False
        self.job.settled(self.number, outcome)


class Job(Generic[T]):
    """The messages of a batch, and what became of them."""

    def __init__(self, batch: Batch, *, gate: Gate, holds: Holds) -> None:
        self.lane: Lane = batch.content.lane
        self.begin_by = batch.begin_by
        self.gate = gate
        self.holds = holds
        self.messages: list[Message[T]] = []
        self._left = len(batch.deliveries)
        self._fresh: list[Settled] = []
        self._done = asyncio.Event()

    def add(self, number: int, what: T) -> None:
        """Take a message on."""
        self.messages.append(Message(self, number, what))

    def settled(self, number: int, outcome: Outcome) -> None:
        """Note what became of a delivery."""
        self._fresh.append(Settled(number, outcome))
        self._left -= 1
        if self._left == 0:
            self._done.set()

    async def parts(self) -> AsyncIterator[Sequence[Settled]]:
        """Tell what is settled: once if all is soon, else each second. What has not begun when its time is up is late."""
        next_part, expires = time.monotonic() + PART_SECONDS, self.begin_by
        while self._left:
            await self._settled_by(min(next_part, expires))
            now = time.monotonic()
            if now >= expires:
                self._expire()
                expires = inf
            if now >= next_part and self._left:
                next_part = now + PART_SECONDS
                if self._fresh:
                    yield self._part()
        if self._fresh:
            yield self._part()

    def _part(self) -> Sequence[Settled]:
        part, self._fresh = self._fresh, []
        return part

    def _expire(self) -> None:
        for message in self.messages:
            if message.waiting:
                message.settle(LATE)

    async def _settled_by(self, moment: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, moment - time.monotonic())):
                await self._done.wait()
        except TimeoutError:
            return
