"""Outbox rows as Kafka records; what can be none, or is refused for ever, goes to `dead-letters`."""

import json
from binascii import crc32
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import ValidationError

from tocsin_runtime.kafka.producer import Record
from tocsin_runtime.kafka.records import event_record, receipt_record
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import DeadLetter, Receipt
from tocsin_schemas.topics import DEAD_LETTERS, TOPICS
from tocsin_store.outbox import OutboxRow

SOURCE: Final = "/alert-api"

_NAMES: Final = frozenset(topic.name for topic in TOPICS)
_MOST_BYTES: Final = 100_000
"""What of a refused record is kept: it may have been refused for its size."""


def records_of(row: OutboxRow) -> Iterator[Record]:
    """The record of a row, or one for each of its receipts. The same row gives the same records again.

    A row or a receipt that this release cannot make a record of (another one wrote it) becomes a dead letter.
    """
    if row.value is not None:
        yield _event(row, row.value)
    for item in row.receipts or ():
        yield _receipt(row, item)


def letter_of(record: Record, *, row_id: int, why: str) -> Record:
    """Make a dead letter of a record that Kafka will never take."""
    return _letter(
        record.value, key=record.key, topic=record.topic, partition=record.partition, row_id=row_id, why=why
    )


def _event(row: OutboxRow, value: bytes) -> Record:
    if row.topic not in _NAMES:
        return _letter(value, key=str(row.key).encode(), topic=row.topic, row_id=row.id, why="unknown topic")
    return event_record(
        row.topic,
        key=row.key,
        value=value,
        event_type=row.event_type,
        event_id=f"{row.key}.{row.id}",
        source=SOURCE,
        time=row.created_at,
    )


def _receipt(row: OutboxRow, item: Mapping[str, object]) -> Record:
    try:
        receipt = Receipt.model_validate(item)
    except ValidationError as error:
        why = f"not a receipt: {error.error_count()} errors"
        return _letter(
            json.dumps(item).encode(), key=str(row.key).encode(), topic=row.topic, row_id=row.id, why=why
        )
    return receipt_record(receipt, topic=row.topic, source=SOURCE)


def _letter(value: bytes, *, key: bytes, topic: str, row_id: int, why: str, partition: int = 0) -> Record:
    letter = DeadLetter(topic=topic, partition=partition, offset=row_id, group="alert-api", error=why)
    return Record(
        DEAD_LETTERS.name,
        partition=crc32(key) % DEAD_LETTERS.partitions,
        key=key,
        value=value[:_MOST_BYTES],
        headers=(("dead-letter", encode(letter)),),
    )
