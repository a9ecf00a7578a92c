"""Agencies and their API keys. A key's secret is kept as its SHA-256 only."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from tocsin_store.pool import Connection

KEY_PREFIX: Final = "tcsn"


class Scope(StrEnum):
    """What a key may do."""

    ALERTS_WRITE = "alerts:write"
    ALERTS_READ = "alerts:read"
    RECEIPTS_READ = "receipts:read"
    REPLIES_READ = "replies:read"
    REPLIES_WRITE = "replies:write"
    SUPPRESSIONS_READ = "suppressions:read"
    SUPPRESSIONS_WRITE = "suppressions:write"


@dataclass(frozen=True, slots=True)
class Agency:
    """A data controller that sends."""

    id: UUID
    slug: str
    name: str
    email_from: str
    reply_to: str | None
    sms_from: str | None
    sms_segments_per_s: int
    voice_from: str | None
    calls_per_s: int


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as it is stored, with the agency it speaks for."""

    id: str
    agency_id: UUID
    agency_slug: str
    scopes: frozenset[str]
    secret_sha256: bytes
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only moment its secret is known."""

    id: str
    text: str
    secret_sha256: bytes


def new_key() -> NewKey:
    """Draw a key of 256 random bits: `tcsn_<id>_<secret>`."""
    key_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    return NewKey(key_id, f"{KEY_PREFIX}_{key_id}_{secret}", sha256(secret.encode()).digest())


_COLUMNS: Final = (
    "id, slug, name, email_from, reply_to, sms_from, sms_segments_per_s, voice_from, calls_per_s"
)
_SMS_SEGMENTS_PER_S: Final = 10
_CALLS_PER_S: Final = 1


async def add(  # noqa: PLR0913 - an agency has this many senders
    conn: Connection,
    *,
    slug: str,
    name: str,
    email_from: str,
    reply_to: str | None,
    sms_from: str | None = None,
    sms_segments_per_s: int = _SMS_SEGMENTS_PER_S,
    voice_from: str | None = None,
    calls_per_s: int = _CALLS_PER_S,
) -> UUID | None:
    """Add an agency and return its id, or None where the slug is taken."""
    found: UUID | None = await conn.fetchval(
        """
        INSERT INTO agency (slug, name, email_from, reply_to, sms_from, sms_segments_per_s, voice_from, calls_per_s)
        VALUES             ($1,   $2,   $3,         $4,       $5,       $6,                 $7,         $8)
        ON CONFLICT (slug) DO NOTHING
        RETURNING id
        """,
        slug,
        name,
        email_from,
        reply_to,
        sms_from,
        sms_segments_per_s,
        voice_from,
        calls_per_s,
    )
    return found


async def every(conn: Connection) -> list[Agency]:
    """All agencies by slug."""
    rows = await conn.fetch(f"SELECT {_COLUMNS} FROM agency ORDER BY slug")
    return [Agency(**row) for row in rows]


async def by_slug(conn: Connection, slug: str) -> Agency | None:
    """The agency of a slug."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM agency WHERE slug = $1", slug)
    return None if row is None else Agency(**row)


async def find(conn: Connection, agency_id: UUID) -> Agency | None:
    """The agency of an id."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM agency WHERE id = $1", agency_id)
    return None if row is None else Agency(**row)


async def name_of(conn: Connection, agency_id: UUID) -> str | None:
    """What the agency calls itself."""
    name: str | None = await conn.fetchval("SELECT name FROM agency WHERE id = $1", agency_id)
    return name


async def add_key(conn: Connection, key: NewKey, *, agency_id: UUID, scopes: Sequence[Scope]) -> None:
    """Store a key."""
    await conn.execute(
        """
        INSERT INTO api_key (id, agency_id, secret_sha256, scopes)
        VALUES              ($1, $2,        $3,            $4)
        """,
        key.id,
        agency_id,
        key.secret_sha256,
        list(scopes),
    )


async def revoke_key(conn: Connection, key_id: str) -> bool:
    """Revoke a key for good; False where there is none. Services notice within two seconds."""
    revoked = await conn.fetchval(
        """
        UPDATE api_key
        SET    revoked_at = coalesce(revoked_at, now())
        WHERE  id = $1
        RETURNING true
        """,
        key_id,
    )
    return revoked is not None


async def find_key(conn: Connection, key_id: str) -> Key | None:
    """The key of an id, revoked or not."""
    row = await conn.fetchrow(
        """
        SELECT k.id, k.agency_id, a.slug AS agency_slug, k.scopes, k.secret_sha256, k.created_at, k.revoked_at
        FROM   api_key k
        JOIN   agency  a ON a.id = k.agency_id
        WHERE  k.id = $1
        """,
        key_id,
    )
    return None if row is None else Key(**{**row, "scopes": frozenset(row["scopes"])})
