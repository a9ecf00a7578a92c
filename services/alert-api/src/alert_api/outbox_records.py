"""Outbox rows as Kafka records."""

from collections.abc import Iterator
from typing import Final

from tocsin_runtime.kafka.producer import Record
from tocsin_runtime.kafka.records import event_record, receipt_record
from tocsin_schemas.messages import Receipt
from tocsin_store.outbox import OutboxRow

SOURCE: Final = "/alert-api"


def records_of(row: OutboxRow) -> Iterator[Record]:
    """The record of a row, or one for each of its receipts. The same row gives the same records again."""
    if row.value is not None:
        yield event_record(
            row.topic,
            key=row.key,
            value=row.value,
            event_type=row.event_type,
            event_id=f"{row.key}.{row.id}",
            source=SOURCE,
            time=row.created_at,
        )
    for item in row.receipts or ():
        yield receipt_record(Receipt.model_validate(item), topic=row.topic, source=SOURCE)
