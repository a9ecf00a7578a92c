"""Notices: what is said once to a number that left, came back or asked who we are. No alerts, and never repeated."""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from tocsin_store.pool import Connection, Pool

Kind = Literal["stopped", "started", "help"]

# Another machine may answer ours: help is said to a number once an hour.
ADD: Final = """
INSERT INTO notice (agency_id, kind, address, language, provider)
SELECT $1, $2, $3, $4, $5
WHERE  $2 <> 'help' OR NOT EXISTS (SELECT FROM notice WHERE address = $3 AND agency_id = $1 AND kind = 'help'
                                   AND created_at > now() - interval '1 hour')
"""

# One that waited for a day is no answer any more.
TAKE: Final = """
WITH next AS MATERIALIZED (
    SELECT id FROM notice WHERE taken_at IS NULL AND created_at > now() - interval '1 day'
    ORDER  BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE notice SET taken_at = now() WHERE id = ANY(ARRAY(SELECT id FROM next)) RETURNING *
)
SELECT taken.id, taken.agency_id, agency.name AS agency_name, agency.sms_from, taken.kind, taken.address, taken.language,
       taken.provider
FROM   taken JOIN agency ON agency.id = taken.agency_id
ORDER  BY taken.created_at, taken.id
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """One to be said, by the provider and from the sender that the word came to."""

    id: UUID
    agency_id: UUID
    agency_name: str
    sms_from: str | None
    kind: Kind
    address: str
    language: str
    provider: str


async def add(
    conn: Connection, *, agency_id: UUID, kind: Kind, address: str, language: str, provider: str
) -> None:
    """Have something said, in the transaction of what it tells."""
    await conn.execute(ADD, agency_id, kind, address, language, provider)


async def take(pool: Pool, *, limit: int) -> list[Notice]:
    """Take the oldest that nobody has taken. One whose taker ends before it is said is not said."""
    return [Notice(**row) for row in await pool.fetch(TAKE, limit)]


async def note_outcome(pool: Pool, notice_id: UUID, *, outcome: str) -> None:
    """Write down what became of one: codes, no text."""
    await pool.execute("UPDATE notice SET outcome = $2 WHERE id = $1", notice_id, outcome)


async def give_back(pool: Pool, notice_id: UUID) -> None:
    """Let one be taken again that certainly was not said."""
    await pool.execute("UPDATE notice SET taken_at = NULL WHERE id = $1", notice_id)
