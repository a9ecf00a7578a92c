"""Texts that came in, each once: whom they are for, whose they are, what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Lane
from tocsin_store.pool import Connection, Pool

_PAGE: Final = 5_000

KEEP: Final = """
INSERT INTO inbound (provider, ref, meaning) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true
"""

PEOPLE: Final = """
SELECT p.id AS contact_point_id, p.member_id, m.language
FROM   contact_point p
CROSS  JOIN LATERAL (SELECT language FROM member WHERE id = p.member_id OFFSET 0) m
WHERE  p.channel = 'sms' AND p.address = $1 AND (p.valid_until IS NULL OR p.valid_until > now())
AND    EXISTS (SELECT FROM consent c WHERE c.member_id = p.member_id AND c.agency_id = $2 AND c.channel = 'sms'
               AND c.valid_from <= now() AND (c.valid_until IS NULL OR c.valid_until > now()))
ORDER  BY p.id
"""

# What a number got while it was someone's still tells what it is about. An answer belongs to the conversation about the
# alert that was answered.
THREAD: Final = """
WITH newest AS MATERIALIZED (
    SELECT m.alert_id, m.accepted_at, m.agency_id
    FROM   contact_point p
    CROSS  JOIN LATERAL (SELECT alert_id, accepted_at, agency_id FROM provider_message
                         WHERE  contact_point_id = p.id AND agency_id = ANY($2::uuid[])
                         ORDER  BY accepted_at DESC LIMIT 1) m
    WHERE  p.channel = 'sms' AND p.address = $1
    ORDER  BY m.accepted_at DESC LIMIT 1
)
SELECT DISTINCT ON (p.id) n.agency_id, coalesce(about.alert_id, n.alert_id) AS alert_id, n.alert_id AS sent_as,
       d.alert_version, m.delivery_id, m.fence, m.contact_point_id, a.lane::text
FROM   newest n
JOIN   contact_point p ON p.channel = 'sms' AND p.address = $1
JOIN   provider_message m ON m.contact_point_id = p.id AND m.alert_id = n.alert_id
CROSS  JOIN LATERAL (SELECT alert_version FROM delivery WHERE id = m.delivery_id OFFSET 0) d
CROSS  JOIN LATERAL (SELECT lane, answers FROM alert WHERE id = n.alert_id OFFSET 0) a
LEFT   JOIN LATERAL (SELECT alert_id FROM reply WHERE id = a.answers OFFSET 0) about ON true
ORDER  BY p.id, m.accepted_at DESC
"""

LENT: Final = """
SELECT DISTINCT m.agency_id
FROM   contact_point p JOIN provider_message m ON m.contact_point_id = p.id AND m.provider = $2
WHERE  p.channel = 'sms' AND p.address = $1
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A member who has a number now and lets an agency text it."""

    contact_point_id: UUID
    member_id: UUID
    language: str


@dataclass(frozen=True, slots=True)
class Threaded:
    """A message that somebody got, and what it is about: the newest from a sender, where a text came from its number."""

    agency_id: UUID
    alert_id: UUID
    """What the conversation is about: where an answer was sent, the alert it belongs to."""
    sent_as: UUID
    """The alert that was sent."""
    alert_version: int
    delivery_id: UUID
    fence: int
    contact_point_id: UUID
    lane: Lane


async def keep(conn: Connection, *, provider: str, ref: str, meaning: str) -> bool:
    """Note that a text came; False where it had come before. One that comes twice at a time waits for the first."""
    return bool(await conn.fetchval(KEEP, provider, ref, meaning))


async def agencies_of(conn: Connection, senders: Sequence[str]) -> list[UUID]:
    """Whose texts come from one of these: several agencies may share a sender."""
    rows = await conn.fetch(
        "SELECT id FROM agency WHERE sms_from = ANY($1::text[]) ORDER BY id", list(senders)
    )
    return [row["id"] for row in rows]


async def agencies_by(conn: Connection, number: str, *, provider: str) -> list[UUID]:
    """Whose texts a number got by a provider, for one that lends its own senders."""
    return [row["agency_id"] for row in await conn.fetch(LENT, number, provider)]


async def people(conn: Connection, number: str, *, agency_id: UUID) -> list[Person]:
    """Who has a number now, of those who have consented to texts of an agency; others it does not see."""
    return [Person(**row) for row in await conn.fetch(PEOPLE, number, agency_id)]


async def thread(conn: Connection, number: str, *, agencies: Sequence[UUID]) -> list[Threaded]:
    """The newest alert that a number got from these agencies, once for each contact point that got it."""
    rows = await conn.fetch(THREAD, number, list(agencies))
    return [Threaded(**{**row, "lane": Lane(row["lane"])}) for row in rows]


async def language_of(conn: Connection, number: str) -> str | None:
    """What the first of those who have a number reads."""
    language: str | None = await conn.fetchval(
        """SELECT m.language FROM contact_point p JOIN member m ON m.id = p.member_id
           WHERE  p.channel = 'sms' AND p.address = $1 AND (p.valid_until IS NULL OR p.valid_until > now())
           ORDER  BY p.id LIMIT 1""",
        number,
    )
    return language


async def forget_old(pool: Pool, *, days: int) -> bool:
    """Delete a page of those older than so many days; says whether there may be more."""
    status = await pool.execute(
        """DELETE FROM inbound WHERE (provider, ref) IN (
               SELECT provider, ref FROM inbound
               WHERE  received_at < now() - make_interval(days => $1) ORDER BY received_at LIMIT $2)""",
        days,
        _PAGE,
    )
    return bool(status == f"DELETE {_PAGE}")
