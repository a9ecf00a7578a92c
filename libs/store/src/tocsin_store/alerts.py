"""Alerts: one row each, the content of every version beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Lane
from tocsin_store.gate import CHANGE
from tocsin_store.pool import Connection, Row


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


COLUMNS: Final = (
    "a.id, a.version, a.state, a.lane, a.created_at, a.frozen_at, a.expires_at, a.open, a.answers"
)


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
    await end_scheduled(conn, alert)


async def end_scheduled(conn: Connection, alert: Alert) -> None:
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


async def find(conn: Connection, alert_id: UUID, *, agency_id: UUID) -> Alert | None:
    """An agency's alert; None where it is another's: its existence is not told."""
    row = await conn.fetchrow(
        f"""
        SELECT {COLUMNS}, c.body
        FROM   alert         a
        JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
        WHERE  a.id = $1 AND a.agency_id = $2
        """,
        alert_id,
        agency_id,
    )
    return None if row is None else alert_of(row)


async def page(conn: Connection, *, agency_id: UUID, before: UUID | None, limit: int) -> list[Alert]:
    """An agency's alerts but for answers, newest first, from below `before`; stable under inserts."""
    rows = await conn.fetch(
        f"""
        SELECT {COLUMNS}, c.body
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
    return [alert_of(row) for row in rows]


def alert_of(row: Row, *, body: Mapping[str, object] | None = None) -> Alert:
    """An alert from COLUMNS and its body, which the row has where it is not given."""
    found = {**row, "lane": Lane(row["lane"])}
    return Alert(**found) if body is None else Alert(**found, body=body)
