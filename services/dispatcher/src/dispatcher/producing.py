"""Ids of deliveries become records: at most a hundred ids each, spread over the lane's partitions."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Final, Literal
from uuid import UUID

from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import DeliveriesRequested
from tocsin_schemas.topics import Topic
from tocsin_store.due import DueDelivery

IDS_PER_RECORD: Final = 100

Kind = Literal["send", "resolve"]


def records_of(
    ids: Sequence[UUID],
    *,
    topic: Topic,
    alert_id: UUID,
    kind: Kind,
    first_partition: int,
    avoid: Collection[int] = (),
) -> list[Record]:
    """Cut ids into records; the nth goes to partition (first + n) modulo the topic's partitions.

    Partitions to avoid are left out as long as others remain; where none does, all move on by one.
    """
    others = [partition for partition in range(topic.partitions) if partition not in avoid]
    partitions = others or [*range(1, topic.partitions), 0]
    return [
        Record(
            topic=topic.name,
            partition=partitions[(first_partition + number) % len(partitions)],
            key=str(alert_id).encode(),
            value=encode(
                DeliveriesRequested(
                    alert_id=alert_id, kind=kind, delivery_ids=tuple(ids[start : start + IDS_PER_RECORD])
                )
            ),
        )
        for number, start in enumerate(range(0, len(ids), IDS_PER_RECORD))
    ]


def records_of_due(due: Sequence[DueDelivery], *, topic: Topic, first_partition: int) -> list[Record]:
    """The same for deliveries of several alerts and kinds."""
    records: list[Record] = []
    ordered = sorted(due, key=lambda delivery: (delivery.alert_id, delivery.kind, delivery.id))
    for (alert_id, kind), group in groupby(ordered, key=lambda delivery: (delivery.alert_id, delivery.kind)):
        records += records_of(
            [delivery.id for delivery in group],
            topic=topic,
            alert_id=alert_id,
            kind="resolve" if kind == "resolve" else "send",
            first_partition=first_partition + len(records),
        )
    return records


async def produced(outlet: Outlet, records: Sequence[Record]) -> Mapping[int, int]:
    """Produce and wait; returns the highest offset by partition.

    Raises:
        KafkaUnavailableError: Not all were acknowledged.
    """
    offsets = await outlet.produce(records)
    highest: dict[int, int] = {}
    for record, offset in zip(records, offsets, strict=True):
        highest[record.partition] = max(offset, highest.get(record.partition, -1))
    return highest
