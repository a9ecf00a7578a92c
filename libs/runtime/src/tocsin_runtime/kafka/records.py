"""Records of the public topics: keyed and placed by an id, with CloudEvents headers."""

from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_runtime.kafka.producer import Record
from tocsin_schemas.codec import cloud_event, encode, partition_for
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import TOPICS, receipt_partition

_PARTITIONS: Final = {topic.name: topic.partitions for topic in TOPICS}


def event_record(
    topic: str, *, key: UUID, value: bytes, event_type: str, event_id: str, source: str, time: datetime
) -> Record:
    """Make a record; whoever makes it, the same key goes to the same partition."""
    return Record(
        topic=topic,
        partition=partition_for(key, partitions=_PARTITIONS[topic]),
        key=str(key).encode(),
        value=value,
        headers=cloud_event(event_type, event_id=event_id, source=source, time=time),
    )


def receipt_record(receipt: Receipt, *, topic: str, source: str) -> Record:
    """Make the record of a receipt, among those of its lane."""
    headers = cloud_event(
        "io.tocsin.receipt.v1", event_id=str(receipt.id), source=source, time=receipt.occurred_at
    )
    return Record(
        topic=topic,
        partition=receipt_partition(receipt.delivery_id, lane=receipt.lane),
        key=str(receipt.delivery_id).encode(),
        value=encode(receipt),
        headers=headers,
    )
