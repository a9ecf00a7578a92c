"""Calls while they go on: whom one reached and what it is about, and afterwards how long it was listened to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Lane
from tocsin_store.pool import Connection, Row

SPEAKING: Final = "speaking"
"""What is kept among the reports of a call when its message begins to be said; its code is who answered."""

CALLED: Final = """
SELECT d.id AS delivery_id, d.alert_id, d.alert_version, d.member_id, p.address AS number, m.language,
       a.agency_id, a.lane::text, a.version = d.alert_version AND a.open AND a.expires_at > now() AS in_force,
       coalesce(v.never_voicemail, false) AS never_voicemail, coalesce(v.no_caller_text, false) AS no_caller_text
FROM  (SELECT id, alert_id, alert_version, member_id, contact_point_id FROM delivery
       WHERE  id = $1 AND fence >= $2 AND channel = 'voice' OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id, lane, version, open, expires_at FROM alert WHERE id = d.alert_id OFFSET 0) a
CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = d.contact_point_id OFFSET 0) p
CROSS  JOIN LATERAL (SELECT language FROM member WHERE id = d.member_id OFFSET 0) m
LEFT   JOIN LATERAL (SELECT never_voicemail, no_caller_text FROM member_voice WHERE member_id = d.member_id OFFSET 0) v
       ON true
"""

# Said again at a key: whoever presses one is a person, whatever had answered.
HEARD: Final = """
SELECT u.provider, u.ref, c.since, c.by
FROM   unnest($1::text[], $2::text[]) AS u(provider, ref)
CROSS  JOIN LATERAL (SELECT min(received_at) AS since,
                            CASE WHEN bool_or(code = 'human') THEN 'human' ELSE min(code) END AS by
                     FROM   callback
                     WHERE  provider = u.provider AND ref = u.ref AND status = 'speaking' HAVING count(*) > 0) c
"""


@dataclass(frozen=True, slots=True)
class Called:
    """Whom a call is for, and what it is about."""

    delivery_id: UUID
    alert_id: UUID
    alert_version: int
    member_id: UUID
    number: str
    language: str
    agency_id: UUID
    lane: Lane
    in_force: bool
    """Whether the alert still says what this call is to say."""
    never_voicemail: bool
    no_caller_text: bool
    """Whether neither agency nor alert may be named before the member has shown to be there."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a call's message began to be said, and who was there then, in the provider's word."""

    since: datetime
    by: str


Ref = tuple[str, str]
"""A call: its provider, and the provider's own id of it."""


async def find(conn: Connection, delivery_id: UUID, *, fence: int) -> Called | None:
    """Find out about a call made under this fence; None where there was none."""
    row = await conn.fetchrow(CALLED, delivery_id, fence)
    return None if row is None else _called(row)


async def wording(conn: Connection, alert_id: UUID, *, version: int) -> tuple[Mapping[str, object], str]:
    """What an alert version says, and who says it; neither changes.

    Raises:
        LookupError: There is no such version.
    """
    row = await conn.fetchrow(
        """SELECT c.body, g.name
           FROM   alert_content c JOIN alert a ON a.id = c.alert_id JOIN agency g ON g.id = a.agency_id
           WHERE  c.alert_id = $1 AND c.version = $2""",
        alert_id,
        version,
    )
    if row is None:
        raise LookupError(f"no content of version {version}")
    return row["body"], row["name"]


async def heard(conn: Connection, calls: Sequence[Ref]) -> dict[Ref, Heard]:
    """Since when each of these calls was listened to; those in which nothing was said are left out."""
    if not calls:
        return {}
    rows = await conn.fetch(HEARD, [provider for provider, _ in calls], [ref for _, ref in calls])
    return {(row["provider"], row["ref"]): Heard(row["since"], row["by"]) for row in rows}


def _called(row: Row) -> Called:
    return Called(**{**row, "lane": Lane(row["lane"])})
