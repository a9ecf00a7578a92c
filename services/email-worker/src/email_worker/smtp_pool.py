"""A pool of kept-open connections to one relay, in one lane. Each takes the next message that may go."""

import asyncio
import time
from collections import deque
from datetime import timedelta
from functools import partial
from math import inf
from typing import Final, Protocol

import structlog

from email_worker.backlog import FAST_SECONDS, Backlog
from email_worker.domain_caps import DomainCaps
from email_worker.job import Message
from email_worker.relay_door import Door
from email_worker.smtp_connection import Envelope, SmtpConnection
from email_worker.smtp_opening import OpeningError
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason

log = structlog.get_logger()

SLOW_SECONDS: Final = 1.5
"""A hand-over open for longer, while others are answered, is not how a healthy destination behaves."""


_QUICK_SECONDS: Final = 0.25
"""A relay that answers an envelope so soon is likely to answer the next ones, too."""


class Elsewhere(Protocol):
    """Finds another way for a message."""

    def __call__(self, message: Message, why: Outcome, *, offered: bool) -> None:
        """Take it on; `offered` where its body had been sent and refused."""


class Answers:
    """When a relay last answered about one domain, and about another: where it answers nobody, no domain is to blame."""

    def __init__(self) -> None:
        self._last: tuple[str, float] = ("", -inf)
        self._other = -inf

    def note(self, domain: str) -> None:
        """It answered just now."""
        if domain != self._last[0]:
            self._other = self._last[1]
        self._last = (domain, time.monotonic())

    def of_others(self, domain: str) -> float:
        """When it last answered about a domain other than this; monotonic seconds."""
        return self._other if domain == self._last[0] else self._last[1]


class SmtpPool:
    """Connections to one relay in one lane. Run it; `put` and `tick` from any task."""

    def __init__(self, door: Door, *, caps: DomainCaps, elsewhere: Elsewhere) -> None:
        self._door = door
        self._name = door.relay.name
        self._elsewhere = elsewhere
        self._backlog = Backlog(connections=door.relay.connections, caps=caps)
        self._held = Outcome(
            OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, scope=Scope.CHANNEL, provider=self._name
        )
        self._idle: deque[asyncio.Future[None]] = deque()
        self._in_hand: set[Message] = set()
        self._behind: dict[Message, Message] = {}
        """Whose envelope went behind whose body."""
        self._answers = Answers()
        self._connections: set[SmtpConnection] = set()

    @property
    def at_work(self) -> bool:
        """Whether there is something to be told by `tick`."""
        return bool(self._in_hand) or self._backlog.waits

    def put(self, messages: list[Message]) -> None:
        """Let messages wait for a connection."""
        self._backlog.put(messages)
        self._wake(len(messages))

    def tick(self) -> None:
        """Tell of hand-overs that have been open for long; let go what a cap held back. Call it often."""
        now = time.monotonic()
        for message in self._in_hand:
            if now - message.began > FAST_SECONDS:
                self._backlog.distrust(message)
                self._free_behind(message)
            late = now - message.began > SLOW_SECONDS and not message.slow
            if late and self._answers.of_others(message.domain) > message.began:
                message.slow = True
                message.job.routes.slow(message.domain)
        self._wake(self._backlog.tick())

    async def run(self) -> None:
        """Keep the connections at work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._door.relay.connections):
                group.create_task(self._keep_one())

    async def _keep_one(self) -> None:
        connection: SmtpConnection | None = None
        try:
            while True:
                message: Message | None = await self._next()
                while message is not None:
                    connection = await self._hand_over(message, connection)
                    message = self._behind.pop(message, None)
                if connection is not None:
                    connection.take_back()
        finally:
            if connection is not None:
                connection.close()

    async def _next(self) -> Message:
        while (message := self._backlog.take()) is None:
            waiter = asyncio.get_running_loop().create_future()
            self._idle.append(waiter)
            await waiter
        return message

    def _wake(self, count: int) -> None:
        while count > 0 and self._idle:
            waiter = self._idle.popleft()
            if not waiter.done():
                waiter.set_result(None)
                count -= 1

    async def _hand_over(self, message: Message, connection: SmtpConnection | None) -> SmtpConnection | None:
        """Hand one message over; returns the connection for the next."""
        job = message.job
        if job.holds.is_held(self._name):
            self._release(message)
            self._elsewhere(message, self._held, offered=False)
            return connection
        while True:
            if connection is None or not connection.open:
                message.ahead = None
                connection = await self._opened(message)
                if connection is None:
                    return None
            made = message.ahead or job.envelope_of(message.number, connection.eight_bit)
            message.ahead = None
            if isinstance(made, Outcome):
                self._release(message)
                message.settle(made)
                return connection
            self._begun(message)
            outcome = await connection.hand_over(
                made,
                gate=job.gate,
                begin_by=job.begin_by,
                behind=partial(self._next_behind, message, eight_bit=connection.eight_bit),
            )
            if outcome is not None:
                self._came_to(message, outcome, connection)
                return connection
            connection.close()  # it had gone stale: the same message, on a new one

    def _next_behind(self, message: Message, *, eight_bit: bool) -> Envelope | None:
        """Whose envelope goes behind this body; None where nobody waits, or this connection may be needed for longer."""
        job, now = message.job, time.monotonic()
        answered_late = now - message.began > _QUICK_SECONDS
        if answered_late or job.holds.is_held(self._name) or not job.gate.may_begin(now):
            return None
        following = self._backlog.take_behind(message, begin_by=now + _QUICK_SECONDS)
        if following is None:
            return None
        made = following.job.envelope_of(following.number, eight_bit)
        if isinstance(made, Outcome):
            self._release(following)
            following.settle(made)
            return None
        following.ahead = made
        self._behind[message] = following
        return made

    def _free_behind(self, message: Message) -> None:
        """Let whoever shares a connection with a slow message have another: of theirs only the envelope has gone."""
        following = self._behind.pop(message, None)
        if following is None:
            return
        following.ahead = None
        self._release(following)
        if following.may_wait():
            self.put([following])

    async def _opened(self, message: Message) -> SmtpConnection | None:
        """A new connection; None where there is none to be had, and the message has found another way."""
        try:
            connection = await self._door.open()
        except OpeningError as error:
            self._release(message)
            rest = self._door.rest_after(error.outcome)
            if not self._is_full(error.outcome):
                self._in_trouble(message, error.outcome, rest=rest, offered=False)
                return None
            if message.may_wait():
                self.put([message])
            await asyncio.sleep(rest.total_seconds())
            return None
        self._connections = {one for one in self._connections if one.open} | {connection}
        return connection

    def _is_full(self, outcome: Outcome) -> bool:
        """Whether the relay only wants no more connections than it has: a passing refusal, while others are open."""
        answered = outcome.provider_status is not None and outcome.lasts is None
        return answered and any(one.open for one in self._connections)

    def _begun(self, message: Message) -> None:
        message.began = time.monotonic()
        self._in_hand.add(message)

    def _release(self, message: Message, *, fast: bool | None = None) -> None:
        """It is out of our hands; this connection goes on with one of those it made room for."""
        self._in_hand.discard(message)
        message.began = inf
        self._wake(self._backlog.release(message, fast=fast) - 1)

    def _came_to(self, message: Message, outcome: Outcome, connection: SmtpConnection) -> None:
        quick = time.monotonic() - message.began < FAST_SECONDS and outcome.scope is not Scope.ROUTE
        self._release(message, fast=None if outcome.of is OutcomeClass.LATE else quick)
        if outcome.provider_status is not None:
            self._answers.note(message.domain)
        if outcome.of is OutcomeClass.OK:
            self._door.went_well()
        elif outcome.scope is Scope.CHANNEL:
            rest = self._door.rest_after(outcome)
            self._in_trouble(message, outcome, rest=rest, offered=connection.sent_body)
            return
        elif connection.turned_away:
            rest_now = self._door.turned_away()
            if rest_now is not None:
                message.job.holds.hold(self._name, outcome.reason or Reason.PROVIDER_BUSY, rest=rest_now)
        message.settle(outcome)

    def _in_trouble(self, message: Message, outcome: Outcome, *, rest: timedelta, offered: bool) -> None:
        """Hold the relay; what it has not begun goes elsewhere."""
        holds, reason = message.job.holds, outcome.reason or Reason.PROVIDER_UNREACHABLE
        if not holds.is_held(self._name):
            log.warning("relay_in_trouble", relay=self._name, reason=reason, status=outcome.provider_status)
        holds.hold(self._name, reason, rest=rest or None)
        self._elsewhere(message, outcome, offered=offered)
        for waiting in self._backlog.drain():
            self._elsewhere(waiting, outcome, offered=False)
