"""First answers, kept for 24 hours under (agency, key)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_store.pool import Connection


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What was answered to a key the first time."""

    body_sha256: bytes
    status: int
    answer: Mapping[str, object]
    bell: int | None = None
    """The row of the outbox whose way to Kafka the answer tells of; once it has gone, None."""


def found(agency: str, key: str) -> str:
    """The first answer to a key within the last 24 hours, in SQL."""
    return f"""
    SELECT body_sha256, status, answer, (SELECT id FROM outbox WHERE id = i.bell) AS bell
    FROM   idempotency i
    WHERE  agency_id = {agency} AND key = {key} AND created_at > now() - interval '24 hours'"""


# A moment is none where the answer there is not old: another was quicker, and nothing of this transaction stays.
REPLACE: Final = """
ON CONFLICT (agency_id, key) DO UPDATE
SET body_sha256 = excluded.body_sha256,
    status      = excluded.status,
    answer      = excluded.answer,
    bell        = excluded.bell,
    created_at  = CASE WHEN idempotency.created_at <= now() - interval '24 hours' THEN now() END
"""

_FIND: Final = found("$1", "$2")

_REMEMBER: Final = f"""
INSERT INTO idempotency (agency_id, key, body_sha256, status, answer, bell)
VALUES                  ($1,        $2,  $3,          $4,     $5,     $6)
{REPLACE}
"""


def lock_name(agency_id: UUID, *, key: str) -> str:
    """What is locked, by advisory lock, while a key is answered."""
    return f"idempotency|{agency_id}|{key}"


async def lock(conn: Connection, *, agency_id: UUID, key: str) -> bool:
    """Hold the key until the transaction ends; False at once where another request holds it."""
    got: bool = await conn.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", lock_name(agency_id, key=key)
    )
    return got


async def find(conn: Connection, *, agency_id: UUID, key: str) -> FirstAnswer | None:
    """The first answer to a key within the last 24 hours."""
    row = await conn.fetchrow(_FIND, agency_id, key)
    return None if row is None else FirstAnswer(**row)


async def remember(conn: Connection, first: FirstAnswer, *, agency_id: UUID, key: str) -> None:
    """Keep an answer; one that is older than 24 hours makes room."""
    await conn.execute(
        _REMEMBER, agency_id, key, first.body_sha256, first.status, dict(first.answer), first.bell
    )


async def amend_if_waiting(
    conn: Connection, answer: Mapping[str, object], *, bell: int, agency_id: UUID, key: str
) -> bool:
    """Keep another answer if this row of the outbox is still to be relayed, so that a replay says the same."""
    amended: bool | None = await conn.fetchval(
        """
        UPDATE idempotency
        SET    answer = $3
        WHERE  agency_id = $1 AND key = $2 AND EXISTS (SELECT FROM outbox WHERE id = $4)
        RETURNING true
        """,
        agency_id,
        key,
        dict(answer),
        bell,
    )
    return amended is not None


async def forget_old(conn: Connection) -> int:
    """Delete up to 1,000 answers older than 24 hours and return how many."""
    deleted: int = await conn.fetchval(
        """
        WITH old AS (
            DELETE FROM idempotency
            WHERE  (agency_id, key) IN (
                SELECT agency_id, key FROM idempotency
                WHERE  created_at < now() - interval '24 hours'
                ORDER  BY created_at
                LIMIT  1000)
            RETURNING 1
        )
        SELECT count(*) FROM old
        """
    )
    return deleted
