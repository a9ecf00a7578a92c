"""Alerts: one row each, the content of every version beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin_schemas.words import Channel, Lane, Purpose, Severity
from tocsin_store.geometry import Metres, Shape
from tocsin_store.pool import Connection


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert about to go live. `body` is what was posted, defaults filled in."""

    agency_id: UUID
    lane: Lane
    severity: Severity
    purpose: Purpose
    expires_at: datetime
    body: Mapping[str, object]
    shapes: Sequence[Shape]
    channels: Sequence[Channel]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with the content of its newest version."""

    id: UUID
    version: int
    state: str
    lane: Lane
    created_at: datetime
    frozen_at: datetime
    expires_at: datetime
    body: Mapping[str, object]


async def insert(conn: Connection, alert: NewAlert) -> Alert:
    """Write the first version of an alert, live, with its shapes and one fan-out a channel.

    The caller's transaction also holds audit and outbox; nothing is accepted before its commit.
    """
    row = await conn.fetchrow(
        """
        INSERT INTO alert (agency_id, state,  lane, severity, purpose, expires_at)
        VALUES            ($1,        'live', $2,   $3,       $4,      $5)
        RETURNING id, version, state, lane, created_at, frozen_at, expires_at
        """,
        alert.agency_id,
        alert.lane,
        alert.severity,
        alert.purpose,
        alert.expires_at,
    )
    if row is None:  # an INSERT without ON CONFLICT returns its row; the type does not know
        raise LookupError("alert")
    stored = Alert(**{**row, "lane": Lane(row["lane"])}, body=alert.body)
    await _insert_content(conn, stored)
    await _insert_shapes(conn, stored, alert.shapes)
    await _insert_fan_outs(conn, stored, alert.channels)
    return stored


async def _insert_content(conn: Connection, alert: Alert) -> None:
    await conn.execute(
        "INSERT INTO alert_content (alert_id, version, body) VALUES ($1, $2, $3)",
        alert.id,
        alert.version,
        dict(alert.body),
    )


async def _insert_shapes(conn: Connection, alert: Alert, shapes: Sequence[Shape]) -> None:
    # As text: asyncpg takes a polygon inside an array for another array.
    await conn.executemany(
        """
        INSERT INTO alert_shape (alert_id, version, outline,           holes)
        VALUES                  ($1,       $2,      $3::text::polygon, $4::text[]::polygon[])
        """,
        [
            (alert.id, alert.version, _text(shape.outline), [_text(hole) for hole in shape.holes])
            for shape in shapes
        ],
    )


def _text(ring: Sequence[Metres]) -> str:
    return "(" + ",".join(f"({easting!r},{northing!r})" for easting, northing in ring) + ")"


async def _insert_fan_outs(conn: Connection, alert: Alert, channels: Sequence[Channel]) -> None:
    await conn.execute(
        """
        INSERT INTO fan_out (alert_id, version, channel, lane)
        SELECT               $1,       $2,      channel, $4
        FROM   unnest($3::text[]) channel
        """,
        alert.id,
        alert.version,
        [channel.value for channel in channels],
        alert.lane,
    )


async def find(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert | None:
    """An agency's alert; None where it is another's: its existence is not told."""
    row = await conn.fetchrow(
        """
        SELECT a.id, a.version, a.state, a.lane, a.created_at, a.frozen_at, a.expires_at, c.body
        FROM   alert         a
        JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
        WHERE  a.id = $1 AND a.agency_id = $2
        """,
        alert_id,
        agency_id,
    )
    return None if row is None else Alert(**{**row, "lane": Lane(row["lane"])})


async def page(conn: Connection, *, agency_id: UUID, before: UUID | None, limit: int) -> list[Alert]:
    """An agency's alerts, newest first, from below `before`; stable under inserts."""
    rows = await conn.fetch(
        """
        SELECT a.id, a.version, a.state, a.lane, a.created_at, a.frozen_at, a.expires_at, c.body
        FROM   alert         a
        JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
        WHERE  a.agency_id = $1 AND ($2::uuid IS NULL OR a.id < $2)
        ORDER  BY a.id DESC
        LIMIT  $3
        """,
        agency_id,
        before,
        limit,
    )
    return [Alert(**{**row, "lane": Lane(row["lane"])}) for row in rows]
