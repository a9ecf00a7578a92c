"""Deliveries as readers see them: no member, no address."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin_store.pool import Connection

_RANDOM_BITS = 80  # a UUIDv7 and the UUIDv8s made from it share the other 48: the alert's time


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert version to one contact point."""

    id: UUID
    alert_id: UUID
    alert_version: int
    channel: str
    state: str
    reason: str | None
    attempts: int
    updated_at: datetime


def id_range(alert_id: UUID) -> tuple[UUID, UUID]:
    """The primary-key range [first, last] that holds an alert's deliveries, and perhaps another's."""
    prefix = alert_id.int >> _RANDOM_BITS << _RANDOM_BITS
    return UUID(int=prefix), UUID(int=prefix | ((1 << _RANDOM_BITS) - 1))


async def page(conn: Connection, *, alert_id: UUID, after: UUID | None, limit: int) -> list[Delivery]:
    """An alert's deliveries by id, from above `after`; each row exactly once, as it is when read."""
    first, last = id_range(alert_id)
    rows = await conn.fetch(
        """
        SELECT id, alert_id, alert_version, channel, state, reason, attempts, updated_at
        FROM   delivery
        WHERE  id >= $2 AND id <= $3 AND alert_id = $1 AND ($4::uuid IS NULL OR id > $4)
        ORDER  BY id
        LIMIT  $5
        """,
        alert_id,
        first,
        last,
        after,
        limit,
    )
    return [Delivery(**row) for row in rows]
