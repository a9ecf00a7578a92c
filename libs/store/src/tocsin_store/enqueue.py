"""Which chunks go to Kafka next, and how far they are there. Rows of the ledger are never marked, only their chunk is."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Lane
from tocsin_store.pauses import ROUTES
from tocsin_store.pool import Connection, Pool, Row


@dataclass(frozen=True, slots=True)
class ChunkKey:
    """Which chunk."""

    alert_id: UUID
    version: int
    wave: int
    channel: Channel
    number: int

    @property
    def key(self) -> tuple[UUID, int, int, str, int]:
        """Primary key."""
        return (self.alert_id, self.version, self.wave, self.channel.value, self.number)


@dataclass(frozen=True, slots=True)
class ChunkToEnqueue(ChunkKey):
    """A chunk whose ids must go to Kafka; locked until its transaction ends."""

    delivery_ids: Sequence[UUID]
    over: bool
    """Whether its alert version has ended: nothing of it is to go to Kafka any more."""


@dataclass(frozen=True, slots=True)
class EnqueuedChunk:
    """A chunk on the log that is not known to be settled."""

    chunk: ChunkKey
    last_offset: Mapping[int, int]
    """Highest offset produced, by partition of the lane's topic."""
    barrier: Mapping[int, int] | None
    """End offsets of `receipts` when the group had passed it; None until then."""


NEXT: Final = """
SELECT   c.alert_id, c.version, wave, channel, number, delivery_ids,
         c.version <> a.version OR NOT a.open OR a.expires_at <= now() AS over
FROM     chunk c JOIN alert a ON a.id = c.alert_id
WHERE    channel = $1 AND c.lane = $2::lane AND settled_at IS NULL AND enqueued_at IS NULL
ORDER BY c.created_at, c.alert_id, number
LIMIT    1
FOR UPDATE OF c SKIP LOCKED
"""

# Each paced sender has a window of its own, so that no agency's queue stands before another's; it ends well before
# workers give back what they hold. Routine chunks wait while urgent messages of their sender go.
NEXT_PACED: Final = """
WITH on_log AS MATERIALIZED (
    SELECT   a.agency_id, sum(c.deliveries) AS deliveries
    FROM     chunk c JOIN alert a ON a.id = c.alert_id
    WHERE    c.channel = $1 AND c.lane = $2::lane AND c.settled_at IS NULL
      AND    c.enqueued_at IS NOT NULL AND c.passed_at IS NULL
    GROUP BY a.agency_id
)
SELECT   c.alert_id, c.version, wave, channel, number, delivery_ids, over
FROM     chunk c
JOIN     alert a  ON a.id = c.alert_id
JOIN     agency g ON g.id = a.agency_id
LEFT     JOIN on_log ON on_log.agency_id = a.agency_id
CROSS    JOIN LATERAL (SELECT c.version <> a.version OR NOT a.open OR a.expires_at <= now() AS over) o
WHERE    c.channel = $1 AND c.lane = $2::lane AND c.settled_at IS NULL AND c.enqueued_at IS NULL
  AND    (over OR coalesce(on_log.deliveries, 0) = 0
               OR on_log.deliveries + c.deliveries <= rate_of(c.channel, g) * extract(epoch FROM $3::interval))
  AND    (over OR c.lane = 'urgent'
               OR NOT EXISTS (SELECT FROM pace
                              WHERE  sender = sender_of(c.channel, g) AND urgent_at > now() - interval '3 seconds'))
ORDER BY a.expires_at, c.created_at, c.alert_id, number
LIMIT    1
FOR UPDATE OF c SKIP LOCKED
"""

ROOM: Final = """
SELECT greatest($3, (SELECT coalesce(sum(deliveries), 0) FROM chunk
                     WHERE channel = $1 AND lane = $2::lane AND passed_at > now() - $4::interval))
     - (SELECT coalesce(sum(deliveries), 0) FROM chunk
        WHERE channel = $1 AND lane = $2::lane AND settled_at IS NULL
          AND enqueued_at IS NOT NULL AND passed_at IS NULL) AS room
"""

# What waits for a route on hold goes to `due` at once: nothing of it is claimed only to be put off.
PARK: Final = f"""
WITH held AS MATERIALIZED (
    SELECT route, until FROM pause WHERE channel = $1 AND route <> '*' AND NOT starts_with(route, 'provider:')
), parked AS (
    INSERT INTO due (delivery_id, alert_id, kind, channel, lane, route, due_at, produce_after)
    SELECT d.id, a.id, 'send', $1, $2::lane, h.route, least(h.until, a.expires_at), least(h.until, a.expires_at)
    FROM   (SELECT * FROM alert WHERE id = $3 AND EXISTS (SELECT FROM held)) a
    CROSS  JOIN unnest($4::uuid[]) u(id)
    CROSS  JOIN LATERAL (SELECT * FROM delivery WHERE id = u.id AND work = 'waiting' OFFSET 0) d
    CROSS  JOIN LATERAL (SELECT channel, address FROM contact_point WHERE id = d.contact_point_id OFFSET 0) p
    CROSS  JOIN LATERAL (SELECT route, until FROM held WHERE route IN ({ROUTES}) ORDER BY until DESC LIMIT 1) h
    ORDER  BY d.id
    ON CONFLICT DO NOTHING
    RETURNING delivery_id
)
SELECT delivery_id FROM parked
"""

STILL_WAITING: Final = """
SELECT u.id FROM unnest($1::uuid[]) u(id)
CROSS JOIN LATERAL (SELECT work FROM delivery WHERE id = u.id OFFSET 0) d
LEFT  JOIN LATERAL (SELECT true AS found FROM due WHERE delivery_id = u.id OFFSET 0) w ON true
WHERE d.work = 'waiting' AND w.found IS NULL
"""

_BY_KEY: Final = "WHERE alert_id = $1 AND version = $2 AND wave = $3 AND channel = $4 AND number = $5"


@asynccontextmanager
async def next_chunk(
    pool: Pool, *, channel: Channel, lane: Lane
) -> AsyncIterator[tuple[Connection, ChunkToEnqueue | None]]:
    """Lock the oldest chunk that is not on the log; mark it with `mark_enqueued` before leaving."""
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(NEXT, channel.value, lane.value)
        yield connection, None if row is None else _chunk(row)


@asynccontextmanager
async def next_paced_chunk(
    pool: Pool, *, channel: Channel, lane: Lane, window: timedelta
) -> AsyncIterator[tuple[Connection, ChunkToEnqueue | None]]:
    """The same of a channel whose senders are paced: of those with room, the chunk that expires first.

    Args:
        pool: Connections.
        channel: A paced one.
        lane: Which.
        window: How much of a sender's pace may lie on the log; one chunk always may.
    """
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(NEXT_PACED, channel.value, lane.value, window)
        yield connection, None if row is None else _chunk(row)


async def park(connection: Connection, chunk: ChunkToEnqueue, *, lane: Lane) -> list[UUID]:
    """Let what waits for a route on hold wait in `due`; returns the others, which are to go on the log."""
    rows = await connection.fetch(PARK, chunk.channel.value, lane.value, chunk.alert_id, chunk.delivery_ids)
    parked = {row["delivery_id"] for row in rows}
    if parked:  # the window is about what workers have to do
        await connection.execute(
            f"UPDATE chunk SET deliveries = deliveries - $6 {_BY_KEY}", *chunk.key, len(parked)
        )
    return [delivery for delivery in chunk.delivery_ids if delivery not in parked]


async def mark_enqueued(
    connection: Connection | Pool, chunk: ChunkKey, *, last_offset: Mapping[int, int]
) -> None:
    """Note that the whole chunk (or what of it was still waiting) is on the log, acknowledged."""
    await connection.execute(
        f"UPDATE chunk SET enqueued_at = now(), last_offset = $6, passed_at = NULL, barrier = NULL {_BY_KEY}",
        *chunk.key,
        {str(partition): offset for partition, offset in last_offset.items()},
    )


async def room(pool: Pool, *, channel: Channel, lane: Lane, least: int, window: timedelta) -> int:
    """How many more deliveries may be put on the log: what was handed over in the last window, at least `least`."""
    return int(await pool.fetchval(ROOM, channel.value, lane.value, least, window))


async def enqueued_chunks(pool: Pool, *, channel: Channel, lane: Lane) -> list[EnqueuedChunk]:
    """Chunks on the log that are not settled, oldest first."""
    rows = await pool.fetch(
        """SELECT alert_id, version, wave, channel, number, last_offset, barrier FROM chunk
           WHERE channel = $1 AND lane = $2::lane AND settled_at IS NULL AND enqueued_at IS NOT NULL
           ORDER BY created_at""",
        channel.value,
        lane.value,
    )
    return [
        EnqueuedChunk(_key(row), _offsets(row["last_offset"]), row["barrier"] and _offsets(row["barrier"]))
        for row in rows
    ]


async def mark_passed(pool: Pool, chunks: Sequence[ChunkKey], *, barrier: Mapping[int, int]) -> None:
    """Note that the group is past these chunks, and where `receipts` ended then."""
    ends = {str(partition): offset for partition, offset in barrier.items()}
    await pool.executemany(
        f"UPDATE chunk SET passed_at = now(), barrier = $6 {_BY_KEY} AND passed_at IS NULL",
        [(*chunk.key, ends) for chunk in chunks],
    )


async def mark_settled(connection: Connection | Pool, chunks: Sequence[ChunkKey]) -> None:
    """Note that nothing of these chunks waits unseen."""
    await connection.executemany(
        f"UPDATE chunk SET settled_at = now() {_BY_KEY}",
        [chunk.key for chunk in chunks],
    )


async def ids_of(pool: Pool, chunk: ChunkKey) -> list[UUID]:
    """Read a chunk's deliveries."""
    ids: list[UUID] = await pool.fetchval(f"SELECT delivery_ids FROM chunk {_BY_KEY}", *chunk.key)
    return ids


async def still_waiting(pool: Pool, delivery_ids: Sequence[UUID]) -> list[UUID]:
    """Tell which of these wait although nobody will produce them: their record was lost."""
    return [row["id"] for row in await pool.fetch(STILL_WAITING, delivery_ids)]


def _key(row: Row) -> ChunkKey:
    return ChunkKey(row["alert_id"], row["version"], row["wave"], Channel(row["channel"]), row["number"])


def _chunk(row: Row) -> ChunkToEnqueue:
    return ChunkToEnqueue(
        row["alert_id"],
        row["version"],
        row["wave"],
        Channel(row["channel"]),
        row["number"],
        row["delivery_ids"],
        row["over"],
    )


def _offsets(stored: Mapping[str, int]) -> dict[int, int]:
    return {int(partition): offset for partition, offset in stored.items()}
