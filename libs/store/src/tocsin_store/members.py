"""Members in bulk, by COPY: what a sample or an import brings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from itertools import islice
from typing import Final
from uuid import UUID

import asyncpg

from tocsin_schemas.words import Channel, Purpose
from tocsin_store.pool import Connection

_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Member:
    """A resident; `language` is BCP 47."""

    id: UUID
    household_id: UUID
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member lives (`home`), works (`work`) or watches over (`watch`); metres, EPSG:27700."""

    id: UUID
    member_id: UUID
    kind: str
    easting: float
    northing: float


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """An address on a channel; nothing is sent to it before `confirmed_at`."""

    id: UUID
    member_id: UUID
    channel: Channel
    address: str
    confirmed_at: datetime | None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A member's yes to an agency, with its evidence; valid from now, until it was withdrawn."""

    id: UUID
    member_id: UUID
    agency_id: UUID
    purpose: Purpose
    channel: Channel
    evidence: Mapping[str, str]
    valid_until: datetime | None = None


async def add_members(conn: Connection, members: Iterable[Member]) -> None:
    """Add members, as one statement: all or none."""
    await conn.copy_records_to_table(
        "member",
        records=((m.id, m.household_id, m.name, m.language) for m in members),
        columns=["id", "household_id", "name", "language"],
    )


async def add_places(conn: Connection, places: Iterable[Place]) -> None:
    """Add places of members that exist."""
    await conn.copy_records_to_table(
        "place",
        records=((p.id, p.member_id, p.kind, asyncpg.Point(p.easting, p.northing)) for p in places),
        columns=["id", "member_id", "kind", "location"],
    )


async def add_contact_points(conn: Connection, points: Iterable[ContactPoint]) -> None:
    """Add contact points of members that exist."""
    await conn.copy_records_to_table(
        "contact_point",
        records=(
            (p.id, p.member_id, p.channel.value, p.address, p.confirmed_at, p.valid_until) for p in points
        ),
        columns=["id", "member_id", "channel", "address", "confirmed_at", "valid_until"],
    )


async def add_contact_point(
    conn: Connection, member_id: UUID, *, channel: Channel, address: str, confirmed: bool
) -> UUID | None:
    """Give a member an address on a channel and return the contact point; None where there is no such member.

    One that the member has already is kept; where it was not confirmed it now is, if `confirmed`.
    """
    found: UUID | None = await conn.fetchval(
        """
        WITH known AS (
            SELECT id FROM contact_point
            WHERE  member_id = $1 AND channel = $2 AND address = $3 AND (valid_until IS NULL OR valid_until > now())
        ), confirmed AS (
            UPDATE contact_point SET confirmed_at = now()
            WHERE  id IN (SELECT id FROM known) AND confirmed_at IS NULL AND $4
        ), added AS (
            INSERT INTO contact_point (member_id, channel, address, confirmed_at)
            SELECT id, $2, $3, CASE WHEN $4 THEN now() END
            FROM   member WHERE id = $1 AND NOT EXISTS (SELECT FROM known)
            RETURNING id
        )
        SELECT id FROM known UNION ALL SELECT id FROM added LIMIT 1
        """,
        member_id,
        channel,
        address,
        confirmed,
    )
    return found


async def keep_quiet(
    conn: Connection, member_id: UUID, *, channel: Channel, starts: time, ends: time
) -> None:
    """Set a member's quiet hours on a channel, by the clock on their wall; over midnight where `ends` is earlier."""
    await conn.execute(
        """INSERT INTO quiet_hours (member_id, channel, starts, ends) VALUES ($1, $2, $3, $4)
           ON CONFLICT (member_id, channel) DO UPDATE SET starts = excluded.starts, ends = excluded.ends""",
        member_id,
        channel.value,
        starts,
        ends,
    )


async def set_voice(
    conn: Connection, member_id: UUID, *, never_voicemail: bool, no_caller_text: bool
) -> bool:
    """Set what may be said when a member is called; False where there is no such member.

    Args:
        conn: Connection.
        member_id: Whose.
        never_voicemail: Nothing is left on a machine.
        no_caller_text: At risk: neither who calls nor why is said before a key was pressed.
    """
    status = await conn.execute(
        """INSERT INTO member_voice (member_id, never_voicemail, no_caller_text)
           SELECT id, $2, $3 FROM member WHERE id = $1
           ON CONFLICT (member_id) DO UPDATE
           SET never_voicemail = excluded.never_voicemail, no_caller_text = excluded.no_caller_text""",
        member_id,
        never_voicemail,
        no_caller_text,
    )
    return bool(status == "INSERT 0 1")


async def add_consents(conn: Connection, consents: Iterable[Consent]) -> None:
    """Add consents of members that exist."""
    remaining = iter(consents)
    while batch := list(islice(remaining, _BATCH)):
        await _insert_consents(conn, batch)


async def _insert_consents(conn: Connection, batch: list[Consent]) -> None:
    # No COPY: the connection speaks jsonb as text, COPY speaks binary.
    await conn.execute(
        """
        INSERT INTO consent (id, member_id, agency_id, purpose, channel, evidence, valid_until)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[])
        """,
        [c.id for c in batch],
        [c.member_id for c in batch],
        [c.agency_id for c in batch],
        [c.purpose.value for c in batch],
        [c.channel.value for c in batch],
        [dict(c.evidence) for c in batch],
        [c.valid_until for c in batch],
    )


async def analyse(conn: Connection) -> None:
    """Tell the planner about members that came in bulk."""
    await conn.execute("ANALYZE member, place, contact_point, consent")
