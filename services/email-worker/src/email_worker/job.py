"""A batch on its way: its messages, what became of them so far, and the parts in which that is told."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final
from uuid import UUID

from email_worker.smtp_connection import LATE, Envelope
from tocsin_runtime.delivery.channel import Batch, Gate, Holds, Outcome, RouteWatch, Scope, Settled
from tocsin_schemas.words import Channel, Lane
from tocsin_store.pauses import route_of

PART_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.05

_NO_ROOM: Final = replace(LATE, scope=Scope.ROUTE)
"""Its domain had its share already."""

EnvelopeOf = Callable[[int, bool], Envelope | Outcome]
"""The nth message of a batch, for a relay with or without 8BITMIME; or why there is none."""


@dataclass(eq=False, slots=True)
class Message:
    """One message of a job; `waiting` until a connection takes it or it is settled."""

    job: "Job"
    number: int
    delivery: UUID
    domain: str
    waiting: bool = True
    tried: frozenset[str] = frozenset()
    """Relays that turned out to be of no use; it had not begun there, or was refused before its body."""
    began: float = inf
    """Monotonic seconds."""
    slow: bool = False
    """Whether its domain has been told of."""
    put_aside: bool = False
    """Whether it waited for its domain, which has not proven fast or is capped, not for a connection."""
    ahead: Envelope | None = None
    """What went behind the body of the message before it on the same connection."""

    def may_wait(self) -> bool:
        """Let it wait once more, while there is time; it is late where there is none."""
        self.waiting = time.monotonic() < self.job.begin_by
        if not self.waiting:
            self.settle(LATE)
        return self.waiting

    def settle(self, outcome: Outcome) -> None:
        """Note what became of it, once."""
        self.waiting = False
        self.job.settled(self.number, outcome)


@dataclass(frozen=True, slots=True)
class Company:
    """Who is asked, and told, while a job is on its way."""

    gate: Gate
    holds: Holds
    routes: RouteWatch


class Job:
    """The messages of a batch, and what became of them."""

    def __init__(self, batch: Batch, envelope_of: EnvelopeOf, *, company: Company) -> None:
        self.lane: Lane = batch.content.lane
        self.begin_by = batch.begin_by
        self.envelope_of = envelope_of
        self.gate = company.gate
        self.holds = company.holds
        self.routes = company.routes
        self.messages = [
            Message(self, number, claimed.id, route_of(Channel.EMAIL, claimed.address))
            for number, claimed in enumerate(batch.deliveries)
        ]
        self._left = len(self.messages)
        self._fresh: list[Settled] = []
        self._done = asyncio.Event()

    def settled(self, number: int, outcome: Outcome) -> None:
        """Note what became of a message."""
        self._fresh.append(Settled(number, outcome))
        self._left -= 1
        if self._left == 0:
            self._done.set()

    async def parts(self) -> AsyncIterator[Sequence[Settled]]:
        """Tell what is settled: once if all is soon, else as soon as only slow domains are left, and then each second.

        What nobody has begun when its time is up is late.
        """
        pace, expires = LOOK_SECONDS, self.begin_by
        began = time.monotonic()
        next_look = began + pace
        while self._left:
            await self._settled_by(min(next_look, expires))
            now = time.monotonic()
            if now >= expires:
                self._expire()
                expires = inf
            if now < next_look and self._left:
                continue
            if self._fresh and (now >= began + PART_SECONDS or self._only_slow_are_left()):
                yield self._part()
                pace = PART_SECONDS
            next_look = now + pace
        if self._fresh:
            yield self._part()

    def _only_slow_are_left(self) -> bool:
        """Whether nobody waits for a connection: the next batch would not stand in the way of this one."""
        return not any(message.waiting and not message.put_aside for message in self.messages)

    def _part(self) -> Sequence[Settled]:
        part, self._fresh = self._fresh, []
        return part

    def _expire(self) -> None:
        for message in self.messages:
            if message.waiting:
                message.settle(_NO_ROOM if message.put_aside else LATE)

    async def _settled_by(self, moment: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, moment - time.monotonic())):
                await self._done.wait()
        except TimeoutError:
            return
