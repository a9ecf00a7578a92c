"""First answers, kept for 24 hours under (agency, key)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tocsin_store.pool import Connection


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What was answered to a key the first time."""

    body_sha256: bytes
    status: int
    answer: Mapping[str, object]


async def lock(conn: Connection, *, agency_id: UUID, key: str) -> bool:
    """Hold the key until the transaction ends; False at once where another request holds it."""
    got: bool = await conn.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"idempotency|{agency_id}|{key}"
    )
    return got


async def find(conn: Connection, *, agency_id: UUID, key: str) -> FirstAnswer | None:
    """The first answer to a key within the last 24 hours."""
    row = await conn.fetchrow(
        """
        SELECT body_sha256, status, answer
        FROM   idempotency
        WHERE  agency_id = $1 AND key = $2 AND created_at > now() - interval '24 hours'
        """,
        agency_id,
        key,
    )
    return None if row is None else FirstAnswer(**row)


async def remember(conn: Connection, first: FirstAnswer, *, agency_id: UUID, key: str) -> None:
    """Keep an answer; one that is older than 24 hours makes room."""
    await conn.execute(
        """
        INSERT INTO idempotency (agency_id, key, body_sha256, status, answer)
        VALUES                  ($1,        $2,  $3,          $4,     $5)
        ON CONFLICT (agency_id, key) DO UPDATE
        SET body_sha256 = excluded.body_sha256,
            status      = excluded.status,
            answer      = excluded.answer,
            created_at  = now()
        """,
        agency_id,
        key,
        first.body_sha256,
        first.status,
        dict(first.answer),
    )


async def amend(conn: Connection, answer: Mapping[str, object], *, agency_id: UUID, key: str) -> None:
    """Keep what was said in the end, so that a replay says the same."""
    await conn.execute(
        "UPDATE idempotency SET answer = $3 WHERE agency_id = $1 AND key = $2", agency_id, key, dict(answer)
    )


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
