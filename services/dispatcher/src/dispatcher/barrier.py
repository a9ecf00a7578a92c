"""The receipts barrier: once passed, every receipt written before it was asked for has been merged."""

from collections.abc import Mapping
from datetime import datetime

from tocsin_runtime.kafka.admin import Observer
from tocsin_schemas.topics import RECEIPTS
from tocsin_store.merge import merged_offsets
from tocsin_store.outbox import holds_receipts_before
from tocsin_store.pool import Pool


async def ends_of_receipts(
    pool: Pool, observer: Observer, *, written_before: datetime | None
) -> Mapping[int, int] | None:
    """Where `receipts` ends now, or None while receipts written before a moment still are in the outbox.

    Raises:
        KafkaUnavailableError: Kafka does not answer.
    """
    if written_before is not None and await holds_receipts_before(pool, written_before):
        return None
    return await observer.end_offsets(RECEIPTS)


async def is_merged(pool: Pool, ends: Mapping[int, int]) -> bool:
    """Whether the merge has reached these offsets."""
    merged = await merged_offsets(pool, topic=RECEIPTS.name)
    return all(merged.get(partition, 0) >= end for partition, end in ends.items())
