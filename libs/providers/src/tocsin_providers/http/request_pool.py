"""Requests to one provider in one lane: as many under way as it bears. What waits is never another lane's."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from tocsin_providers.http.job import Message
from tocsin_providers.http.throttle import Throttle
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass
from tocsin_schemas.words import Reason

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

CameTo = Callable[[Message[T], Outcome, str], None]
"""Told what a request came to, and at which provider."""


class Taker(Protocol[T_contra]):
    """One account at one provider, as far as it takes messages."""

    name: str

    async def send(self, what: T_contra, /, *, may_begin: Callable[[], bool]) -> Outcome:
        """Hand one message over, within the deadline of a request.

        Args:
            what: It, and to whom.
            may_begin: Asked in the same slice as the first byte of the request; where it says no the message is LATE.
        """


class RequestPool(Generic[T]):
    """Run it; `put` from any task."""

    def __init__(self, provider: Taker[T], *, most: int, came_to: CameTo[T]) -> None:
        self._provider = provider
        self._most = most
        self._came_to = came_to
        self._throttle = Throttle(most)
        self._backlog: deque[Message[T]] = deque()
        self._idle: deque[asyncio.Future[None]] = deque()

    def put(self, messages: list[Message[T]]) -> None:
        """Let messages wait for their turn."""
        self._backlog.extend(messages)
        self._wake(len(messages))

    def drain(self) -> list[Message[T]]:
        """Take back what has not begun."""
        left = [message for message in self._backlog if message.waiting]
        self._backlog.clear()
        return left

    async def run(self) -> None:
        """Keep requests under way until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._most):
                group.create_task(self._keep_one())

    async def _keep_one(self) -> None:
        while True:
            message, began = await self._next()
            outcome = await self._provider.send(message.what, may_begin=message.may_begin)
            throttled = outcome.of is OutcomeClass.RETRY_SAFE and outcome.reason is Reason.THROTTLED
            self._throttle.end(began, throttled=throttled, wait=outcome.lasts)
            self._come_back()
            self._came_to(message, outcome, self._provider.name)

    async def _next(self) -> tuple[Message[T], float]:
        while True:
            while self._backlog and not self._backlog[0].waiting:
                self._backlog.popleft()
            if self._backlog and (began := self._throttle.begin()) is not None:
                message = self._backlog.popleft()
                message.waiting = False
                return message, began
            waiter = asyncio.get_running_loop().create_future()
            self._idle.append(waiter)
            await waiter

    def _come_back(self) -> None:
        """Go on when the provider lets us, as many as may now."""
        if not self._backlog:
            return
        closed_for = self._throttle.closed_for
        if closed_for:
            asyncio.get_running_loop().call_later(closed_for, self._wake, self._most)
        else:
            self._wake(2)

    def _wake(self, count: int) -> None:
        while count > 0 and self._idle:
            waiter = self._idle.popleft()
            if not waiter.done():
                waiter.set_result(None)
                count -= 1
