"""Which provider gets a message: the first that is well; when that is in trouble, what it has not begun goes on."""

import asyncio
import time
from collections.abc import Sequence
from typing import Generic, TypeVar

import structlog

from tocsin_providers.http.job import Job, Message
from tocsin_providers.http.request_pool import RequestPool, Taker
from tocsin_providers.http.trouble import Rest, Trouble
from tocsin_providers.http.wire import LATE
from tocsin_runtime.delivery.channel import Holds, Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Lane, Reason

log = structlog.get_logger()

T = TypeVar("T")


class Failover(Generic[T]):
    """A pool of requests for each provider and lane. Run it; `place` jobs from any task.

    Only what certainly was not taken goes to another provider; the rest is looked up first, at all of them.
    """

    def __init__(self, providers: Sequence[Taker[T]], *, lanes: Sequence[Lane], most: int) -> None:
        self._names = [provider.name for provider in providers]
        self._lanes = lanes
        # in a provider's name: a claim's own verdict has none, and what was claimed for this is given back
        self._all_held = Outcome(
            OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, scope=Scope.CHANNEL, provider=self._names[0]
        )
        self._trouble = {name: Trouble() for name in self._names}
        self._pools = {
            (provider.name, lane): RequestPool(provider, most=most, came_to=self._came_to)
            for provider in providers
            for lane in lanes
        }

    async def run(self) -> None:
        """Keep requests under way until cancelled."""
        async with asyncio.TaskGroup() as group:
            for pool in self._pools.values():
                group.create_task(pool.run())

    def place(self, job: Job[T]) -> None:
        """Let the messages of a job wait for the first provider that is not on hold."""
        name = self._free(job.holds, tried=frozenset())
        if name is not None:
            self._pool(name, job.lane).put(job.messages)
            return
        for message in job.messages:
            message.settle(self._all_held)

    def _came_to(self, message: Message[T], outcome: Outcome, name: str) -> None:
        rest = self._trouble[name].note(outcome)
        if rest is not None:
            self._hold(name, rest, holds=message.job.holds)
        if outcome.of is OutcomeClass.PAUSE and outcome.scope is Scope.CHANNEL:
            self._elsewhere(message, outcome, tried=name)
        else:
            message.settle(outcome)

    def _hold(self, name: str, rest: Rest, *, holds: Holds) -> None:
        if not holds.is_held(name):
            log.warning("provider_in_trouble", provider=name, reason=rest.reason.value)
        holds.hold(name, rest.reason, rest=rest.lasts)
        why = Outcome(OutcomeClass.PAUSE, rest.reason, scope=Scope.CHANNEL, provider=name)
        for lane in self._lanes:
            for waiting in self._pool(name, lane).drain():
                self._elsewhere(waiting, why, tried=name)

    def _elsewhere(self, message: Message[T], why: Outcome, *, tried: str) -> None:
        message.tried |= {tried}
        name = self._free(message.job.holds, tried=message.tried)
        if name is None:
            message.settle(why)
            return
        if time.monotonic() >= message.job.begin_by:
            message.settle(LATE)
            return
        message.waiting = True  # nobody took it
        self._pool(name, message.job.lane).put([message])

    def _free(self, holds: Holds, *, tried: frozenset[str]) -> str | None:
        return next((name for name in self._names if name not in tried and not holds.is_held(name)), None)

    def _pool(self, name: str, lane: Lane) -> RequestPool[T]:
        return self._pools[name, lane if lane in self._lanes else self._lanes[0]]
