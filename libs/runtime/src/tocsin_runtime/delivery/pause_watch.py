"""Providers on hold: seen by every worker, ended by whoever's probe succeeds. With all of them held the channel is."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from tocsin_runtime.delivery.channel import Channel as Sender
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
from tocsin_store.pauses import WHOLE_CHANNEL, Held, provider_route
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

_LOOK_SECONDS: Final = 1.0
_REST: Final = timedelta(seconds=30)
"""How long a refusal of our credentials is believed, whatever a probe would say."""

_KINDS: Final = ("provider", "sender", "alert")

PAUSED: Final = Gauge("tocsin_channel_paused", "1 while a whole channel is on hold.", ["channel"])
HELD: Final = Gauge("tocsin_held", "Holds in force, by what they hold.", ["channel", "scope"])


class PauseWatch:
    """What of this channel is on hold, as this worker and the ledger know it."""

    def __init__(self, pool: Pool, *, channel: Channel, sender: Sender) -> None:
        self._pool = pool
        self._channel = channel
        self._sender = sender
        self._found: dict[str, tuple[Reason, timedelta]] = {}  # held here, the ledger does not know yet
        self._held: dict[str, Held] = {}
        self._stopped: Held | None = None
        self._woken = asyncio.Event()

    @property
    def active(self) -> bool:
        """Whether nothing is to be claimed."""
        by_hand = self._stopped is not None and self._stopped.reason is Reason.OPERATOR
        return by_hand or all(self.is_held(provider) for provider in self._sender.providers)

    def is_held(self, provider: str) -> bool:
        """Whether nothing is to be handed to this provider now."""
        return provider in self._found or provider in self._held

    def hold(self, provider: str, reason: Reason, *, rest: timedelta | None = None) -> None:
        """Hand this provider nothing, here at once and everywhere within a second or two."""
        if self.is_held(provider):
            return
        usual = timedelta() if reason is Reason.PROVIDER_UNREACHABLE else _REST
        self._found[provider] = (reason, usual if rest is None else rest)
        log.warning("provider_held", channel=self._channel.value, provider=provider, reason=reason.value)
        self._woken.set()

    async def run(self, process: Process) -> None:
        """Look every second, and probe what is on hold, until cancelled."""
        while True:
            await self._rest()
            try:
                await self.look()
            except UNAVAILABLE as error:
                log.warning("holds_unknown", error=type(error).__name__)
            process.health.set("provider", ok=not self.active)

    async def look(self) -> None:
        """Tell the ledger what was found, read what others did, probe what is due."""
        told = dict(self._found)
        for provider, (reason, rest) in told.items():
            await self._tell(provider, reason, lasts=rest)
        self._read(await pauses.in_force(self._pool, channel=self._channel))
        for provider in told:  # from here on the ledger says so
            self._found.pop(provider, None)
        for provider, held in list(self._held.items()):
            if held.left <= timedelta():
                await self._probe(provider, held)
        await self._follow_channel()
        PAUSED.labels(self._channel.value).set(self.active)

    def _read(self, in_force: list[Held]) -> None:
        rows: Mapping[str, Held] = {held.route: held for held in in_force}
        self._stopped = rows.get(WHOLE_CHANNEL)
        self._held = {
            provider: held
            for provider in self._sender.providers
            if (held := rows.get(provider_route(provider))) is not None
        }
        scopes = [route.partition(":")[0] for route in rows if route != WHOLE_CHANNEL]
        for scope in _KINDS:
            HELD.labels(self._channel.value, scope).set(scopes.count(scope))
        HELD.labels(self._channel.value, "route").set(sum(scope not in _KINDS for scope in scopes))

    async def _tell(self, provider: str, reason: Reason, *, lasts: timedelta) -> None:
        await pauses.hold(
            self._pool, channel=self._channel, route=provider_route(provider), reason=reason, lasts=lasts
        )

    async def _probe(self, provider: str, held: Held) -> None:
        if await self._sender.probe(provider):
            await pauses.resume(self._pool, channel=self._channel, route=provider_route(provider))
            self._held.pop(provider)
            log.info("provider_resumed", channel=self._channel.value, provider=provider)
        else:
            await self._tell(provider, held.reason, lasts=timedelta(seconds=_LOOK_SECONDS))

    async def _follow_channel(self) -> None:
        """Hold the whole channel while no provider is left; an operator's hold ends when its time has come."""
        stopped = self._stopped
        if stopped is not None and stopped.reason is Reason.OPERATOR:
            over = stopped.left <= timedelta()
        else:
            over = stopped is not None and not self.active
        if over:
            await pauses.resume(self._pool, channel=self._channel, route=WHOLE_CHANNEL)
            self._stopped = None
            log.info("channel_resumed", channel=self._channel.value)
        elif self.active and (stopped is None or stopped.reason is not Reason.OPERATOR):
            reason = next((held.reason for held in self._held.values()), Reason.PROVIDER_UNREACHABLE)
            await pauses.hold(
                self._pool, channel=self._channel, route=WHOLE_CHANNEL, reason=reason, lasts=timedelta()
            )

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return
        finally:
            self._woken.clear()
