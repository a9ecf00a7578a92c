"""Sessions: one run of one worker process. There is no lease per delivery; a dead session frees its claims."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tocsin_store.pool import Pool

HEARTBEAT: Final = """
WITH beat AS (
    UPDATE session SET heartbeat_at = clock_timestamp(), oldest_claim = clock_timestamp() - $2::interval
    WHERE  id = $1 AND state = 'live' RETURNING worker
)
SELECT s.id FROM beat JOIN session s ON s.worker = beat.worker AND s.state = 'live' ORDER BY s.id
"""


async def open_session(pool: Pool, *, worker: str) -> int:
    """Begin one; the number names it in every claim."""
    return int(await pool.fetchval("INSERT INTO session (worker) VALUES ($1) RETURNING id", worker))


async def heartbeat(pool: Pool, session: int, *, oldest_claim_age: timedelta | None) -> list[int]:
    """Say that it lives, and how long its oldest open claim has been open.

    Returns:
        Every live session of its kind of worker, oldest first; those that died unseen so far included. Nothing where it
        was marked dead itself: dead is final, open a new one.
    """
    rows = await pool.fetch(HEARTBEAT, session, oldest_claim_age)
    return [row["id"] for row in rows]


async def close_session(pool: Pool, session: int) -> None:
    """End it in good order, with no claim open."""
    await pool.execute("UPDATE session SET state = 'closed' WHERE id = $1 AND state = 'live'", session)


async def live_heartbeats(pool: Pool) -> Mapping[int, datetime]:
    """Last heartbeat of every live session, by session."""
    rows = await pool.fetch("SELECT id, heartbeat_at FROM session WHERE state = 'live'")
    return {row["id"]: row["heartbeat_at"] for row in rows}


async def mark_dead(pool: Pool, session: int, *, unless_after: datetime) -> bool:
    """Mark a session dead unless its heartbeat has moved past `unless_after`; waits for its claims in flight."""
    async with pool.acquire() as connection, connection.transaction():
        still = await connection.fetchval(
            "SELECT heartbeat_at <= $2 FROM session WHERE id = $1 AND state = 'live' FOR UPDATE",
            session,
            unless_after,
        )
        if still:
            await connection.execute(
                "UPDATE session SET state = 'dead', dead_at = clock_timestamp() WHERE id = $1", session
            )
        return bool(still)


async def dead_sessions(pool: Pool) -> Mapping[int, datetime]:
    """When each dead session that is not recovered died."""
    rows = await pool.fetch("SELECT id, dead_at FROM session WHERE state = 'dead'")
    return {row["id"]: row["dead_at"] for row in rows}


async def mark_recovered(pool: Pool, session: int) -> None:
    """Note that none of its claims is open any more."""
    await pool.execute("UPDATE session SET state = 'recovered' WHERE id = $1", session)


ORPHANED: Final = """
SELECT s.id, CASE s.state WHEN 'live' THEN l.before END AS before
FROM  (SELECT d.session, min(d.claimed_at) AS oldest FROM delivery d
       WHERE  d.id >= alert_first($1) AND d.id < alert_end($1) AND d.alert_id = $1 AND d.work = 'claimed'
       GROUP  BY d.session) held
JOIN  session s ON s.id = held.session
CROSS JOIN LATERAL (SELECT least(coalesce(s.oldest_claim, s.heartbeat_at), s.heartbeat_at) - $2::interval AS before) l
WHERE s.state IN ('closed', 'recovered') OR (s.state = 'live' AND held.oldest < l.before)
"""


async def orphans(pool: Pool, *, alert_id: UUID, margin: timedelta) -> Mapping[int, datetime | None]:
    """Sessions that hold claims of an alert they do not know of, their receipts having been lost.

    Returns:
        By session the moment before which its claims are orphans; None for all of them: it has ended in good order.
    """
    return {row["id"]: row["before"] for row in await pool.fetch(ORPHANED, alert_id, margin)}
