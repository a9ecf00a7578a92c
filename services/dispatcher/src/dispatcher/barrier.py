"""The receipts barrier: once passed, every receipt written before it was asked for has been merged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prometheus_client import Counter

from tocsin_runtime.kafka.admin import Observer
from tocsin_schemas.topics import RECEIPTS
from tocsin_store.merged_offsets import Log, merged_offsets
from tocsin_store.outbox import holds_receipts_before
from tocsin_store.pool import Pool

VOID = Counter("tocsin_barriers_void_total", "Receipts barriers taken again since `receipts` was made anew.")


class Passage(StrEnum):
    """How a barrier stands."""

    AHEAD = "ahead"
    """The merge has not reached it."""
    PASSED = "passed"
    VOID = "void"
    """It speaks of a topic that is no more: it will never be passed, take it again."""


@dataclass(frozen=True, slots=True)
class MergePosition:
    """Where the merge stands on `receipts`, read before the log's own offsets."""

    merged: Mapping[int, int]
    first: Mapping[int, int]
    end: Mapping[int, int]

    def passage(self, ends: Mapping[int, int]) -> Passage:
        """Tell how the merge stands to a barrier at these offsets."""
        if any(at > self.end.get(partition, 0) for partition, at in ends.items()):
            return Passage.VOID
        if all(self._reached(partition, at) for partition, at in ends.items()):
            return Passage.PASSED
        return Passage.AHEAD

    def _reached(self, partition: int, at: int) -> bool:
        """Whether nothing before this offset is left to merge: it was merged, or the log has lost it.

        Where the merge stands past the end, it stands in a topic that is no more and has read nothing of this one.
        """
        merged = self.merged.get(partition, 0)
        return at <= merged <= self.end[partition] or at <= self.first[partition]


async def ends_of_receipts(
    pool: Pool, observer: Observer, *, written_before: datetime | None
) -> Mapping[int, int] | None:
    """Where `receipts` ends now, or None while receipts written before a moment still are in the outbox.

    Args:
        pool: Connections.
        observer: Of the log.
        written_before: By the database's clock; None for all that are in the outbox now.

    Raises:
        KafkaUnavailableError: Kafka does not answer.
    """
    if await holds_receipts_before(pool, written_before):
        return None
    return await observer.end_offsets(RECEIPTS)


async def merge_position(pool: Pool, observer: Observer) -> MergePosition:
    """Read where the merge stands in the topic as it is now.

    Raises:
        KafkaUnavailableError: Kafka does not answer.
    """
    merged = await merged_offsets(pool, Log(RECEIPTS.name, await observer.topic_id(RECEIPTS)))
    return MergePosition(merged, await observer.first_offsets(RECEIPTS), await observer.end_offsets(RECEIPTS))


async def passage_of(pool: Pool, observer: Observer, ends: Mapping[int, int]) -> Passage:
    """Tell how the merge stands to one barrier.

    Raises:
        KafkaUnavailableError: Kafka does not answer.
    """
    return (await merge_position(pool, observer)).passage(ends)
