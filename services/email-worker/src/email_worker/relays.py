"""All relays: which one gets a message, and which one next when that is in trouble."""

import asyncio
from dataclasses import replace
from typing import Final

from email_worker.domain_caps import DomainCaps
from email_worker.job import Job, Message
from email_worker.relay import choose, relays_of
from email_worker.relay_door import Door
from email_worker.settings import EmailSettings
from email_worker.smtp_pool import SmtpPool
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Lane, Reason

_TICK_SECONDS: Final = 0.1

_ALL_HELD: Final = Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, scope=Scope.CHANNEL)


class Relays:
    """A pool for each relay and lane. Run it; `place` jobs from any task."""

    def __init__(self, settings: EmailSettings, *, caps: DomainCaps) -> None:
        self._relays = relays_of(settings)
        self.names = tuple(relay.name for relay in self._relays)
        self._doors = {relay.name: Door(relay) for relay in self._relays}
        self._lanes = settings.lanes
        self._placed = asyncio.Event()
        self._pools = {
            (name, lane): SmtpPool(door, caps=caps, elsewhere=self._elsewhere)
            for name, door in self._doors.items()
            for lane in self._lanes
        }

    async def run(self) -> None:
        """Keep all connections at work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for pool in self._pools.values():
                group.create_task(pool.run())
            while True:
                await self._placed.wait()
                await asyncio.sleep(_TICK_SECONDS)
                for pool in self._pools.values():
                    pool.tick()
                if not any(pool.at_work for pool in self._pools.values()):
                    self._placed.clear()

    async def probe(self, name: str) -> bool:
        """Whether this relay lets us in; one that is not ours does not."""
        door = self._doors.get(name)
        return door is not None and await door.probe()

    def place(self, job: Job) -> None:
        """Let each message wait for a connection to its relay, among those that are not held."""
        free = [relay for relay in self._relays if not job.holds.is_held(relay.name)]
        by_relay: dict[str, list[Message]] = {relay.name: [] for relay in free}
        if len(free) == 1:
            by_relay[free[0].name] = job.messages
        else:
            for message in job.messages:
                chosen = choose(free, delivery=message.delivery)
                if chosen is None:
                    message.settle(_ALL_HELD)
                else:
                    by_relay[chosen.name].append(message)
        for name, messages in by_relay.items():
            self._pool(name, job.lane).put(messages)
        self._placed.set()

    def _elsewhere(self, message: Message, why: Outcome, *, offered: bool) -> None:
        """Another relay, if one is left and there is time; what was offered with its body waits for another claim."""
        job = message.job
        message.tried |= {why.provider or ""}
        free = [
            relay
            for relay in self._relays
            if relay.name not in message.tried and not job.holds.is_held(relay.name)
        ]
        chosen = choose(free, delivery=message.delivery)
        if chosen is None:
            message.settle(why)
        elif offered:
            message.settle(replace(why, of=OutcomeClass.LATE, lasts=None))
        elif message.may_wait():
            self._pool(chosen.name, job.lane).put([message])

    def _pool(self, name: str, lane: Lane) -> SmtpPool:
        return self._pools[name, lane if lane in self._lanes else self._lanes[0]]
