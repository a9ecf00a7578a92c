"""The pause of a whole channel: seen by every worker, ended by whoever's probe succeeds."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from tocsin_runtime.delivery.channel import Channel as Sender
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
from tocsin_store.pauses import Pause
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

_PROBE_SECONDS: Final = 1.0
_LASTS: Final = timedelta(seconds=60)
"""A pause lapses by itself if every worker that could end it is gone."""

_REST: Final = timedelta(seconds=30)
"""How long a refusal of our credentials or sender is believed, whatever a probe says."""

PAUSED: Final = Gauge("tocsin_channel_paused", "1 while a whole channel is on hold.", ["channel"])


class PauseWatch:
    """Whether this channel is on hold, as this worker and the ledger know it."""

    def __init__(self, pool: Pool, *, channel: Channel, sender: Sender) -> None:
        self._pool = pool
        self._channel = channel
        self._sender = sender
        self._reason: Reason | None = None
        self._gauge = PAUSED.labels(channel.value)

    @property
    def active(self) -> bool:
        """Whether nothing is to be claimed."""
        return self._reason is not None

    async def hold(self, reason: Reason) -> None:
        """Stop claiming, everywhere, until a probe succeeds."""
        if not self.active:
            log.warning("channel_paused", channel=self._channel.value, reason=reason.value)
        self._reason = reason
        self._gauge.set(1)
        await pauses.pause(self._pool, channel=self._channel, reason=reason, lasts=_LASTS)

    async def run(self, process: Process) -> None:
        """Look every second, and probe while on hold, until cancelled."""
        while True:
            await asyncio.sleep(_PROBE_SECONDS)
            try:
                await self._look()
            except UNAVAILABLE as error:
                log.warning("pause_unknown", error=type(error).__name__)
            process.health.set("provider", ok=not self.active)

    async def _look(self) -> None:
        found = await pauses.current(self._pool, channel=self._channel)
        if found is not None:
            self._reason = found.reason
            self._gauge.set(1)
        if self._reason is None or (found is not None and not _may_be_over(found)):
            return
        if await self._sender.probe():
            await pauses.resume(self._pool, channel=self._channel)
            self._reason = None
            self._gauge.set(0)
            log.info("channel_resumed", channel=self._channel.value)
        else:
            await self.hold(self._reason)


def _may_be_over(pause: Pause) -> bool:
    """Whether a probe says anything: a relay that greets us again may still refuse our sender."""
    return pause.reason is Reason.PROVIDER_UNREACHABLE or pause.age >= _REST
