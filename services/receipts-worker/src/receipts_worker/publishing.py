"""Publishes every alert's counts on `metrics`: folded by one publisher, versioned, never decreasing."""

import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_runtime.kafka.records import event_record
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import AlertMetrics
from tocsin_schemas.topics import METRICS
from tocsin_store import tallies
from tocsin_store.pool import Connection, Pool

log = structlog.get_logger()

_MOST_ALERTS: Final = 200
_LOOK_SECONDS: Final = 5.0
_PRODUCE_SECONDS: Final = 2.0
"""Short: while one replica waits for Kafka, holding the role, none publishes."""

AGAIN: Final = Counter(
    "tocsin_metrics_published_again_total", "Alerts published anew: `metrics` had lost them."
)
PUBLISHING: Final = Gauge("tocsin_metrics_publishing", "1 in the replica that published last.")


class Publisher:
    """One of all replicas publishes: whoever holds the role at the moment."""

    def __init__(self, pool: Pool, outlet: Outlet, observer: Observer) -> None:
        self._pool = pool
        self._outlet = outlet
        self._observer = observer
        self._topic_id: UUID | None = None
        self._looked_at = float("-inf")

    async def publish(self) -> bool:
        """Fold the tallies and publish what moved; says whether there may be more. Nothing where another is at it.

        Raises:
            KafkaUnavailableError: Folded, to be published by the next call.
            UNAVAILABLE: Nothing is known; call it again.
        """
        async with tallies.publisher(self._pool) as connection:
            PUBLISHING.set(connection is not None)
            if connection is None:
                return False
            await tallies.fold(connection)
            if time.monotonic() - self._looked_at > _LOOK_SECONDS:
                await self._look_at_topic(connection)
            metrics = await tallies.unpublished(connection, limit=_MOST_ALERTS)
            if metrics:
                await self._outlet.produce(_records(metrics), timeout=_PRODUCE_SECONDS)
                await tallies.mark_published(connection, metrics)
            return len(metrics) == _MOST_ALERTS

    async def _look_at_topic(self, connection: Connection) -> None:
        """Publish everything again where the topic was made anew: the ledger says what the old one had."""
        id_ = await self._observer.topic_id(METRICS)
        known = await tallies.known_ends(connection, topic=METRICS.name)
        ends = await self._observer.end_offsets(METRICS)
        shrunk = any(ends.get(partition, 0) < at for partition, at in known.items())
        if shrunk or self._topic_id not in (None, id_):
            count = await tallies.unpublish(connection)
            AGAIN.inc(count)
            log.warning("metrics_topic_made_anew", alerts=count)
        await tallies.note_ends(connection, topic=METRICS.name, ends=ends)
        self._topic_id = id_
        self._looked_at = time.monotonic()


def _records(metrics: Sequence[AlertMetrics]) -> list[Record]:
    return [
        event_record(
            METRICS.name,
            key=alert.alert_id,
            value=encode(alert),
            event_type="io.tocsin.alert.metrics.v1",
            event_id=f"{alert.alert_id}.{alert.version}",
            source="/receipts-worker",
            time=alert.as_of,
        )
        for alert in metrics
    ]
