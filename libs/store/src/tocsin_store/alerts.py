"""Alerts: one row each, the content of every version beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from tocsin_schemas.words import RANK, Channel, Lane, Purpose, Severity
from tocsin_store.gate import CHANGE
from tocsin_store.geometry import Metres, Shape
from tocsin_store.pool import Connection, Row
from tocsin_store.waves import Step


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
    later: Sequence[Step] = ()
    """The steps of its plan after the first, which is `channels`."""
    effective: datetime | None = None
    """When it begins, where that is later: the audience is frozen then."""
    answers: UUID | None = None
    """The reply that it answers, where it is an answer."""
    only_contact_point: UUID | None = None
    """Whom it goes to, where that is one; consent is asked for as of any other."""

    @property
    def steps(self) -> Sequence[Step]:
        """Its channels, and then the others of its plan."""
        return (Step(self.channels), *self.later)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What replaces the version in force."""

    state: Literal["live", "cancelled"]
    lane: Lane
    severity: Severity
    purpose: Purpose
    expires_at: datetime
    body: Mapping[str, object]
    shapes: Sequence[Shape]
    channels: Sequence[Channel]
    reached: bool
    """To those whom any earlier version reached, on these channels; else to everyone now in the audience."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it was posted."""

    version: int
    created_at: datetime
    body: Mapping[str, object]


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
    open: bool
    """Whether the version in force may be sent, until it expires."""
    body: Mapping[str, object]
    answers: UUID | None = None
    """The reply that it answers, where it is an answer."""


_COLUMNS: Final = (
    "a.id, a.version, a.state, a.lane, a.created_at, a.frozen_at, a.expires_at, a.open, a.answers"
)


async def insert(conn: Connection, alert: NewAlert) -> Alert:
    """Write the first version of an alert, live, with its shapes and one fan-out a channel.

    The caller's transaction also holds audit and outbox; nothing is accepted before its commit.
    """
    row = await conn.fetchrow(
        f"""
        INSERT INTO alert AS a
               (agency_id, state,  lane, severity, purpose, expires_at, frozen_at,           answers, last_wave)
        VALUES ($1,        'live', $2,   $3,       $4,      $5,         coalesce($6, now()), $7,      $8)
        RETURNING {_COLUMNS}
        """,
        alert.agency_id,
        alert.lane,
        alert.severity,
        alert.purpose,
        alert.expires_at,
        alert.effective,
        alert.answers,
        len(alert.later),
    )
    if row is None:  # an INSERT without ON CONFLICT returns its row; the type does not know
        raise LookupError("alert")
    stored = _alert(row, body=alert.body)
    await _insert_content(conn, stored)
    await _insert_shapes(conn, stored, alert.shapes)
    await _insert_fan_outs(conn, stored, alert.steps, only=alert.only_contact_point)
    return stored


async def lock(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert | None:
    """Read an agency's alert so that nobody else changes it before the transaction ends; waits for claims in flight."""
    await conn.execute(CHANGE, alert_id)
    # Two statements: what one that had to wait joins is from before the wait, and the newest version is not in it.
    await conn.execute(
        "SELECT FROM alert WHERE id = $1 AND agency_id = $2 FOR NO KEY UPDATE", alert_id, agency_id
    )
    return await find(conn, alert_id, agency_id=agency_id)


async def cancel(conn: Connection, alert: Alert) -> None:
    """End a locked alert: from the commit on no claim takes any of it, and what has not begun never does."""
    await conn.execute("UPDATE alert SET state = 'cancelled', open = false WHERE id = $1", alert.id)
    await _end_scheduled(conn, alert)


async def add_version(conn: Connection, alert: Alert, new: NewVersion) -> Alert:
    """Replace the version in force of a locked alert: from the commit on no claim takes anything of earlier ones."""
    await _end_scheduled(conn, alert)
    row = await conn.fetchrow(
        f"""
        UPDATE alert a
        SET    version = a.version + 1, state = $2, open = true, lane = $3, severity = $4, purpose = $5, expires_at = $6,
               frozen_at = now(), last_wave = 0
        WHERE  id = $1
        RETURNING {_COLUMNS}
        """,
        alert.id,
        new.state,
        new.lane,
        new.severity,
        new.purpose,
        new.expires_at,
    )
    if row is None:
        raise LookupError("alert")
    stored = _alert(row, body=new.body)
    await _insert_content(conn, stored)
    await _insert_shapes(conn, stored, new.shapes)
    await _insert_fan_outs(conn, stored, [Step(new.channels)], reached=new.reached)
    return stored


async def _end_scheduled(conn: Connection, alert: Alert) -> None:
    """End fan-outs whose time has not come: nobody was promised anything yet."""
    await conn.execute(
        """UPDATE fan_out SET done_at = now()
           WHERE  alert_id = $1 AND done_at IS NULL AND not_before > now()""",
        alert.id,
    )


async def channels_of(conn: Connection, alert_id: UUID) -> list[Channel]:
    """The channels that any version of an alert was sent on."""
    rows = await conn.fetch(
        "SELECT DISTINCT channel FROM fan_out WHERE alert_id = $1 ORDER BY channel", alert_id
    )
    return [Channel(row["channel"]) for row in rows]


async def versions(conn: Connection, alert_id: UUID) -> list[Version]:
    """Every version, oldest first."""
    rows = await conn.fetch(
        "SELECT version, created_at, body FROM alert_content WHERE alert_id = $1 ORDER BY version", alert_id
    )
    return [Version(**row) for row in rows]


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
        INSERT INTO alert_shape (alert_id, version, outline,           holes,                  area)
        VALUES                  ($1,       $2,      $3::text::polygon, $4::text[]::polygon[], $5)
        """,
        [
            (alert.id, alert.version, _text(shape.outline), [_text(hole) for hole in shape.holes], shape.area)
            for shape in shapes
        ],
    )


def _text(ring: Sequence[Metres]) -> str:
    return "(" + ",".join(f"({easting!r},{northing!r})" for easting, northing in ring) + ")"


async def _insert_fan_outs(
    conn: Connection,
    alert: Alert,
    steps: Sequence[Step],
    *,
    reached: bool = False,
    only: UUID | None = None,
) -> None:
    await conn.executemany(
        """
        INSERT INTO fan_out (alert_id, version, wave, channel, lane, not_before, stops_at, reached, only_contact_point)
        SELECT               $1,       $2,      $3,   channel, $5,   $6,         $7,       $8,      $9
        FROM   unnest($4::text[]) channel
        """,
        [
            (
                alert.id,
                alert.version,
                wave,
                [channel.value for channel in step.channels],
                alert.lane,
                alert.frozen_at + step.after,
                step.stops_at and RANK[step.stops_at],
                reached,
                only,
            )
            for wave, step in enumerate(steps)
        ],
    )


async def find(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert | None:
    """An agency's alert; None where it is another's: its existence is not told."""
    row = await conn.fetchrow(
        f"""
        SELECT {_COLUMNS}, c.body
        FROM   alert         a
        JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
        WHERE  a.id = $1 AND a.agency_id = $2
        """,
        alert_id,
        agency_id,
    )
    return None if row is None else _alert(row)


async def page(conn: Connection, *, agency_id: UUID, before: UUID | None, limit: int) -> list[Alert]:
    """An agency's alerts but for answers, newest first, from below `before`; stable under inserts."""
    rows = await conn.fetch(
        f"""
        SELECT {_COLUMNS}, c.body
        FROM   alert         a
        JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
        WHERE  a.agency_id = $1 AND a.answers IS NULL AND ($2::uuid IS NULL OR a.id < $2)
        ORDER  BY a.id DESC
        LIMIT  $3
        """,
        agency_id,
        before,
        limit,
    )
    return [_alert(row) for row in rows]


def _alert(row: Row, *, body: Mapping[str, object] | None = None) -> Alert:
    found = {**row, "lane": Lane(row["lane"])}
    return Alert(**found) if body is None else Alert(**found, body=body)
