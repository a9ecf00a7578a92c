"""Receipts on their way: acknowledged by Kafka, or kept in the outbox, before anything is called done."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import Counter as Metric

from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet, Record
from tocsin_runtime.kafka.records import receipt_record
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import RECEIPTS
from tocsin_store import outbox
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 0.5

RECEIPTS_TOTAL: Final = Metric(
    "tocsin_receipts_total", "Facts told about deliveries.", ["channel", "kind", "reason"]
)
DELIVERIES_TOTAL: Final = Metric(
    "tocsin_deliveries_total", "Outcomes by the state they support.", ["channel", "state", "reason"]
)


class ReceiptOutlet:
    """Makes receipts durable, on Kafka or, while Kafka does not answer, in the outbox."""

    def __init__(self, outlet: Outlet, pool: Pool, *, source: str) -> None:
        self._outlet = outlet
        self._pool = pool
        self._source = f"/{source}"

    async def publish(self, receipts: Sequence[Receipt]) -> None:
        """Return when all are durable; tries for ever."""
        if not receipts:
            return
        records = [receipt_record(receipt, topic=RECEIPTS.name, source=self._source) for receipt in receipts]
        while not await self._published(records) and not await self._kept(receipts):
            await asyncio.sleep(_AGAIN_SECONDS)
        _count(receipts)

    async def _published(self, records: Sequence[Record]) -> bool:
        try:
            await self._outlet.produce(records)
        except KafkaUnavailableError:
            return False
        return True

    async def _kept(self, receipts: Sequence[Receipt]) -> bool:
        try:
            await outbox.keep_receipts(self._pool, receipts)
        except UNAVAILABLE as error:
            log.warning("receipts_homeless", count=len(receipts), error=type(error).__name__)
            return False
        log.warning("receipts_kept_in_outbox", count=len(receipts))
        return True


def _count(receipts: Sequence[Receipt]) -> None:
    counts = Counter((r.channel.value, r.kind.value, r.state.value, r.reason or "") for r in receipts)
    for (channel, kind, state, reason), count in counts.items():
        RECEIPTS_TOTAL.labels(channel, kind, reason).inc(count)
        DELIVERIES_TOTAL.labels(channel, state, reason).inc(count)
