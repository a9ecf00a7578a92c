"""How far each partition of `receipts` is merged: kept beside the facts, so that both move in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_store.pool import Connection, Pool

ADVANCE: Final = """
WITH o AS (
    SELECT * FROM unnest($2::int[], $3::bigint[], $4::bigint[]) AS o(partition, expected, next)
)
UPDATE merged_offset m SET next_offset = o.next
FROM   o WHERE m.topic = $1 AND m.topic_id = $5 AND m.partition = o.partition AND m.next_offset = o.expected
"""

START: Final = """
INSERT INTO merged_offset AS m (topic, topic_id, partition, next_offset)
SELECT $1, $2, * FROM unnest($3::int[], $4::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET topic_id = excluded.topic_id, next_offset = excluded.next_offset
WHERE m.topic_id IS DISTINCT FROM excluded.topic_id
"""


class OffsetMovedError(Exception):
    """Another merger has advanced a partition: nothing was merged; read the offsets anew."""


@dataclass(frozen=True, slots=True)
class Log:
    """A topic as long as it is that one: made anew it is another log, where the offsets of the old one mean nothing."""

    topic: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a merge takes a partition; it holds only where the ledger stands at `expected`."""

    partition: int
    expected: int
    next: int


async def merged_offsets(pool: Pool, log: Log) -> Mapping[int, int]:
    """Next offset to merge by partition; partitions of which nothing was merged from this log are absent."""
    rows = await pool.fetch(
        "SELECT partition, next_offset FROM merged_offset WHERE topic = $1 AND coalesce(topic_id, $2) = $2",
        log.topic,
        log.id,
    )
    return {row["partition"]: row["next_offset"] for row in rows}


async def start_partitions(
    pool: Pool, log: Log, *, known: Mapping[int, int], starts: Mapping[int, int]
) -> None:
    """Set where the merge of each partition begins.

    Args:
        pool: Connections.
        log: Whose partitions.
        known: What `merged_offsets` told; one that moved since is another merger's and stays.
        starts: Where reading starts; differs from `known` where the log lost records.

    Raises:
        OffsetMovedError: Another merger owns a partition.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(START, log.topic, log.id, list(starts), list(starts.values()))
        moved = [Advance(p, known[p], at) for p, at in starts.items() if p in known and known[p] != at]
        await advance(connection, log, advances=moved)


async def advance(connection: Connection, log: Log, *, advances: Sequence[Advance]) -> None:
    """Move partitions on within a transaction, in their order.

    Raises:
        OffsetMovedError: Another merger owns one.
    """
    advances = sorted(advances, key=lambda each: each.partition)
    columns = ([a.partition for a in advances], [a.expected for a in advances], [a.next for a in advances])
    status = await connection.execute(ADVANCE, log.topic, *columns, log.id)
    if status != f"UPDATE {len(advances)}":
        raise OffsetMovedError
