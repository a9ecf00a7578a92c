"""Every topic, named once. `tocsin topics apply` creates them; automatic creation is off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from tocsin_schemas.codec import partition_for
from tocsin_schemas.words import Channel, Lane


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and how it is made. `retention` of None: compacted, kept for ever."""

    name: str
    partitions: int
    retention: timedelta | None
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """Kafka's topic configuration."""
        if self.retention is None:
            return {"cleanup.policy": "compact", **self.config}
        return {"retention.ms": str(int(self.retention.total_seconds() * 1000)), **self.config}


ALERTS: Final = Topic("alerts", partitions=6, retention=timedelta(days=7))
RECEIPTS: Final = Topic("receipts", partitions=12, retention=timedelta(days=7))
REPLIES: Final = Topic("replies", partitions=6, retention=timedelta(days=7))
METRICS: Final = Topic("metrics", partitions=6, retention=None)
DEAD_LETTERS: Final = Topic("dead-letters", partitions=6, retention=timedelta(days=30))

URGENT_RECEIPTS: Final = range(3)
"""Partitions of `receipts` that hold those of urgent alerts alone: the merge takes them first."""

_LANES: Final = {
    (channel, lane): Topic(f"deliveries.{channel}.{lane}", partitions=12, retention=timedelta(days=3))
    for channel in Channel
    for lane in Lane
}

TOPICS: Final = (ALERTS, *_LANES.values(), RECEIPTS, REPLIES, METRICS, DEAD_LETTERS)


def deliveries(channel: Channel, lane: Lane) -> Topic:
    """The topic of a channel's lane."""
    return _LANES[channel, lane]


def worker_group(channel: Channel, lane: Lane) -> str:
    """The consumer group of a channel's workers in a lane; one per lane, so that a lane rebalances alone."""
    return f"{channel}-worker.{lane}"


def receipt_partition(delivery: UUID, *, lane: Lane | None) -> int:
    """Where a delivery's receipts go; the partitions of urgent alerts have no others."""
    urgent = len(URGENT_RECEIPTS)
    if lane is Lane.URGENT:
        return partition_for(delivery, partitions=urgent)
    return urgent + partition_for(delivery, partitions=RECEIPTS.partitions - urgent)
