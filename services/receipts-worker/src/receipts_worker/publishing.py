"""Publishes every alert's counts on `metrics`: folded by one publisher, versioned, never decreasing."""

from collections.abc import Sequence

from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_runtime.kafka.records import event_record
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import AlertMetrics
from tocsin_schemas.topics import METRICS
from tocsin_store import tallies
from tocsin_store.pool import Pool


async def publish(pool: Pool, outlet: Outlet) -> bool:
    """Fold the tallies and publish what moved; does nothing where another replica is at it.

    Raises:
        KafkaUnavailableError: Folded, to be published by the next call.
        UNAVAILABLE: Nothing is known; call it again.
    """
    async with tallies.publisher(pool) as connection:
        if connection is None:
            return False
        await tallies.fold(connection)
        metrics = await tallies.unpublished(connection)
        if metrics:
            await outlet.produce(_records(metrics))
            await tallies.mark_published(connection, metrics)
    return False


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
