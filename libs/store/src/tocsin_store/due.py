"""What waited in the ledger and whose time has come: it goes to Kafka, and comes back until a claim deletes its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Lane
from tocsin_store.pool import Pool


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery whose waiting is over."""

    id: UUID
    alert_id: UUID
    kind: str


# What waits for a route that is still on hold is put off with it, without a word on Kafka.
TAKE: Final = """
WITH taken AS MATERIALIZED (
    SELECT   due.delivery_id, held.until
    FROM     due LEFT JOIN LATERAL (SELECT greatest(until, now() + interval '1 second') AS until FROM pause
                                    WHERE  channel = due.channel AND route = due.route AND NOT due.probe OFFSET 0) held
             ON true
    WHERE    due.channel = $1 AND lane = $2::lane AND produce_after <= now()
    ORDER BY produce_after LIMIT $3
    FOR UPDATE OF due SKIP LOCKED
), moved AS (
    UPDATE due SET produce_after = coalesce(taken.until, now() + $4::interval), due_at = coalesce(taken.until, due_at)
    FROM taken WHERE due.delivery_id = taken.delivery_id
    RETURNING due.delivery_id, due.alert_id, due.kind::text, taken.until IS NULL AS goes
)
SELECT delivery_id, alert_id, kind, goes FROM moved
"""

# Whoever lets a delivery wait reads it before: it may have ended since, and nobody else would take it from `due` again.
FORGET_ENDED: Final = """
WITH ended AS MATERIALIZED (
    SELECT id FROM delivery WHERE id = ANY($1::uuid[]) AND work = 'none' ORDER BY id FOR UPDATE
)
DELETE FROM due WHERE delivery_id = ANY(ARRAY(SELECT id FROM ended)) RETURNING delivery_id
"""


async def take(
    pool: Pool, *, channel: Channel, lane: Lane, limit: int, again_after: timedelta
) -> tuple[list[DueDelivery], bool]:
    """Take deliveries whose time has come; they come back after `again_after` unless a claim deletes their row.

    Returns:
        Those that are to go, and whether there may be more.
    """
    rows = await pool.fetch(TAKE, channel.value, lane.value, limit, again_after)
    due = [DueDelivery(row["delivery_id"], row["alert_id"], row["kind"]) for row in rows if row["goes"]]
    if due:
        ended = {row["delivery_id"] for row in await pool.fetch(FORGET_ENDED, [each.id for each in due])}
        due = [each for each in due if each.id not in ended]
    return due, len(rows) == limit


async def give_back(pool: Pool, delivery_ids: Sequence[UUID]) -> None:
    """Make taken ones due at once: they could not be produced."""
    await pool.execute(
        "UPDATE due SET produce_after = now() WHERE delivery_id = ANY($1::uuid[])", sorted(delivery_ids)
    )
