"""Replies: what members answered to an agency. The text is personal: it stays here, for that agency to read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, ReplyKind
from tocsin_store.pool import Connection, Row

MOST_LETTERS: Final = 1_600
"""What of a text is kept: a provider takes no more in one."""

_COLUMNS: Final = """id, alert_id, delivery_id, member_id, contact_point_id, channel, kind, body, state, received_at,
                     answer_id, closed_at"""


@dataclass(frozen=True, slots=True)
class NewReply:
    """What came in. Of an alert, where the number had got one; of a member, where one alone has the number."""

    agency_id: UUID
    kind: ReplyKind
    body: str
    provider: str
    channel: Channel = Channel.SMS
    alert_id: UUID | None = None
    delivery_id: UUID | None = None
    member_id: UUID | None = None
    contact_point_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as its agency sees it; without the number."""

    id: UUID
    alert_id: UUID | None
    delivery_id: UUID | None
    member_id: UUID | None
    contact_point_id: UUID | None
    """Where an answer goes."""
    channel: Channel
    kind: ReplyKind
    body: str
    state: str
    """`open`, `answered` or `closed`."""
    received_at: datetime
    answer_id: UUID | None
    closed_at: datetime | None


async def add(conn: Connection, reply: NewReply) -> Reply:
    """Keep a reply."""
    row = await conn.fetchrow(
        f"""
        INSERT INTO reply (agency_id, alert_id, delivery_id, member_id, contact_point_id, channel, kind, body, provider)
        VALUES            ($1,        $2,       $3,          $4,        $5,               $6,      $7,   $8,   $9)
        RETURNING {_COLUMNS}
        """,
        reply.agency_id,
        reply.alert_id,
        reply.delivery_id,
        reply.member_id,
        reply.contact_point_id,
        reply.channel,
        reply.kind,
        reply.body.replace("\0", "")[:MOST_LETTERS],
        reply.provider,
    )
    if row is None:  # an INSERT without ON CONFLICT returns its row; the type does not know
        raise LookupError("reply")
    return _reply(row)


async def page(
    conn: Connection, *, agency_id: UUID, alert_id: UUID | None, after: UUID | None, limit: int
) -> list[Reply]:
    """An agency's replies, or those to one of its alerts, oldest first, from above `after`."""
    where = "agency_id = $1 AND $2::uuid IS NULL" if alert_id is None else "alert_id = $2 AND agency_id = $1"
    rows = await conn.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM   reply
        WHERE  {where} AND ($3::uuid IS NULL OR id > $3)
        ORDER  BY id
        LIMIT  $4
        """,
        agency_id,
        alert_id,
        after,
        limit,
    )
    return [_reply(row) for row in rows]


async def lock(
    conn: Connection, reply_id: UUID, *, agency_id: UUID, alert_id: UUID | None = None
) -> Reply | None:
    """A reply to an agency, or to one of its alerts, which nobody else changes before the transaction ends."""
    row = await conn.fetchrow(
        f"""SELECT {_COLUMNS} FROM reply
            WHERE  id = $1 AND ($2::uuid IS NULL OR alert_id = $2) AND agency_id = $3
            FOR    NO KEY UPDATE""",
        reply_id,
        alert_id,
        agency_id,
    )
    return None if row is None else _reply(row)


async def answer(conn: Connection, reply_id: UUID, *, answer_id: UUID) -> Reply:
    """Note what answers a locked reply."""
    return await _changed(
        conn,
        f"UPDATE reply SET state = 'answered', answer_id = $2 WHERE id = $1 RETURNING {_COLUMNS}",
        reply_id,
        answer_id,
    )


async def close(conn: Connection, reply_id: UUID) -> Reply:
    """Close a locked reply."""
    return await _changed(
        conn,
        f"UPDATE reply SET state = 'closed', closed_at = now() WHERE id = $1 RETURNING {_COLUMNS}",
        reply_id,
    )


async def language_at(conn: Connection, contact_point_id: UUID) -> str:
    """What whoever reads there reads."""
    language: str = await conn.fetchval(
        """SELECT m.language FROM contact_point p JOIN member m ON m.id = p.member_id WHERE p.id = $1""",
        contact_point_id,
    )
    return language


async def _changed(conn: Connection, statement: str, *values: UUID) -> Reply:
    row = await conn.fetchrow(statement, *values)
    if row is None:
        raise LookupError("reply")
    return _reply(row)


def _reply(row: Row) -> Reply:
    return Reply(**{**row, "channel": Channel(row["channel"]), "kind": ReplyKind(row["kind"])})
