"""Failover by silence: a provider whose texts have no end after minutes is left alone, until that is over."""

from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import Gauge

from sms_worker.settings import SmsWorkerSettings
from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
from tocsin_store.pauses import provider_route
from tocsin_store.pool import Pool
from tocsin_store.provider_health import Silence, silence

log = structlog.get_logger()

EVERY_SECONDS: Final = 15.0

SILENT: Final = Gauge(
    "tocsin_provider_silent_share",
    "Of texts that a provider took some minutes ago: those without an end.",
    ["provider"],
)


async def hold_slow(pool: Pool, *, providers: Sequence[str], settings: SmsWorkerSettings) -> bool:
    """Put providers on hold whose receipts do not come; never the last one that is free. There is never more at once.

    Raises:
        UNAVAILABLE: The database is.
    """
    found = await silence(
        pool,
        channel=Channel.SMS,
        providers=providers,
        after=settings.sms_slow_after,
        until=settings.sms_slow_until,
    )
    for one in found:
        SILENT.labels(one.provider).set(one.share)
    held = {hold.route for hold in await pauses.in_force(pool, channel=Channel.SMS)}
    free = [name for name in providers if provider_route(name) not in held]
    for name in slow(found, free=free, least=settings.sms_slow_least, share=settings.sms_slow_share):
        await pauses.hold(
            pool,
            channel=Channel.SMS,
            route=provider_route(name),
            reason=Reason.PROVIDER_SLOW,
            lasts=settings.sms_slow_rest,
        )
        log.warning(
            "provider_held", channel=Channel.SMS.value, provider=name, reason=Reason.PROVIDER_SLOW.value
        )
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
