"""Failover by silence: a provider whose messages have no end after minutes is left alone, until that is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
from tocsin_store.pauses import provider_route
from tocsin_store.pool import Pool
from tocsin_store.provider_health import Silence, silence

log = structlog.get_logger()

EVERY_SECONDS: Final = 15.0

SILENT: Final = Gauge(
    "tocsin_provider_silent_share",
    "Of messages that a provider took some minutes ago: those without an end.",
    ["provider"],
)


@dataclass(frozen=True, slots=True)
class Patience:
    """When silence means that a provider is slow."""

    share: float
    """Of messages without an end; above it a provider is slow."""
    least: int
    """Messages before their share means anything."""
    after: timedelta
    """A message should have an end by then."""
    until: timedelta
    """Older ones are not looked at."""
    rest: timedelta
    """A slow provider is left alone so long."""


async def hold_slow(pool: Pool, *, channel: Channel, providers: Sequence[str], patience: Patience) -> bool:
    """Put providers on hold whose receipts do not come; never the last one that is free. There is never more at once.

    Raises:
        UNAVAILABLE: The database is.
    """
    found = await silence(
        pool, channel=channel, providers=providers, after=patience.after, until=patience.until
    )
    for one in found:
        SILENT.labels(one.provider).set(one.share)
    held = {hold.route for hold in await pauses.in_force(pool, channel=channel)}
    free = [name for name in providers if provider_route(name) not in held]
    for name in slow(found, free=free, least=patience.least, share=patience.share):
        await pauses.hold(
            pool,
            channel=channel,
            route=provider_route(name),
            reason=Reason.PROVIDER_SLOW,
            lasts=patience.rest,
        )
        log.warning("provider_held", channel=channel.value, provider=name, reason=Reason.PROVIDER_SLOW.value)
    return False


def slow(found: Sequence[Silence], *, free: Sequence[str], least: int, share: float) -> list[str]:
    """Choose those to hold: of the free ones that are slow all, but the best where nobody else would be left.

    Every worker chooses alike.
    """
    shares = {one.provider: one.share for one in found if one.taken >= least}
    slow_ones = sorted(
        (name for name in free if shares.get(name, 0.0) > share), key=lambda name: shares[name]
    )
    return slow_ones if len(slow_ones) < len(free) else slow_ones[1:]
