"""Outbox rows as Kafka records with CloudEvents headers."""

from collections.abc import Iterator
from typing import Final

from tocsin_runtime.kafka.producer import Record
from tocsin_schemas.codec import cloud_event, encode, partition_for
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import TOPICS
from tocsin_store.outbox import OutboxRow

SOURCE: Final = "/alert-api"
_PARTITIONS: Final = {topic.name: topic.partitions for topic in TOPICS}


def records_of(row: OutboxRow) -> Iterator[Record]:
    """The record of a row, or one for each of its receipts. The same row gives the same records again."""
    if row.value is not None:
        yield Record(
            topic=row.topic,
            partition=partition_for(row.key, partitions=_PARTITIONS[row.topic]),
            key=row.key.bytes,
            value=row.value,
            headers=cloud_event(
                row.event_type, event_id=f"{row.key}.{row.id}", source=SOURCE, time=row.created_at
            ),
        )
    for item in row.receipts or ():
        yield _receipt_record(Receipt.model_validate(item), row)


def _receipt_record(receipt: Receipt, row: OutboxRow) -> Record:
    return Record(
        topic=row.topic,
        partition=partition_for(receipt.delivery_id, partitions=_PARTITIONS[row.topic]),
        key=receipt.delivery_id.bytes,
        value=encode(receipt),
        headers=cloud_event(
            row.event_type, event_id=str(receipt.id), source=SOURCE, time=receipt.occurred_at
        ),
    )
