"""Polling: a message whose end nobody told is asked after (providers 3)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from tocsin_runtime.delivery.decide import Policy
from tocsin_runtime.delivery.receipts import ReceiptOutlet
from tocsin_runtime.delivery.reports import Report, Reported, report_receipt
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel
from tocsin_store import provider_messages
from tocsin_store.pool import Pool
from tocsin_store.provider_messages import Silent

log = structlog.get_logger()

SCHEDULE: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""How long after the accept."""
_LIMIT: Final = 50
_EVERY_SECONDS: Final = 5.0

POLLS: Final = Counter(
    "tocsin_polls_total", "Messages whose end nobody told, by what was answered.", ["channel", "kind"]
)

StatusOf = Callable[[str, str], Awaitable[Report | None]]
"""Asks a provider (by name) for the status of a message (by its id); None where it did not say. Raises nothing."""


@dataclass(frozen=True, slots=True)
class Poller:
    """Asks after what is silent, and tells what that comes to."""

    pool: Pool
    channel: Channel
    policy: Policy
    status_of: StatusOf
    receipts: ReceiptOutlet
    schedule: Sequence[timedelta] = SCHEDULE

    async def poll(self) -> bool:
        """Ask after those whose time has come; says whether there may be more.

        Raises:
            UNAVAILABLE: Nothing was asked.
        """
        silent = await provider_messages.take_silent(
            self.pool, channel=self.channel, schedule=self.schedule, limit=_LIMIT
        )
        if not silent:
            return False
        told = await asyncio.gather(*(self._asked(message) for message in silent))
        await self.receipts.publish([receipt for receipt in told if receipt is not None])
        log.info("polled", channel=self.channel.value, count=len(silent))
        return len(silent) == _LIMIT

    async def _asked(self, message: Silent) -> Receipt | None:
        """What is new of it."""
        report = await self.status_of(message.provider, message.ref)
        POLLS.labels(self.channel.value, report.kind.value if report else "").inc()
        if report is None or not report.final:
            return None
        of = Reported(
            message.delivery_id,
            message.alert_id,
            message.alert_version,
            self.channel,
            message.lane,
            message.severity,
            message.expires_at,
            message.fence,
            message.attempts,
            message.provider,
            message.ref,
        )
        return report_receipt(report, of=of, policy=self.policy, at=message.at)


async def poll(
    process: Process,
    *,
    channel: Channel,
    policy: Policy,
    pool: Pool,
    outlet: Outlet,
    status_of: StatusOf,
    schedule: Sequence[timedelta] = SCHEDULE,
) -> None:
    """Ask until the process stops. Several workers share the work."""
    told = ReceiptOutlet(outlet, pool, source=f"{channel.value}-worker")
    poller = Poller(pool, channel, policy, status_of, told, schedule)
    await repeat(poller.poll, process=process, name="polling", every=_EVERY_SECONDS)
