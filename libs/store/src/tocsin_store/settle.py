"""Set-based statements that settle or free deliveries: recovery, and the end of an alert's versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel
from tocsin_store import gate
from tocsin_store.pool import Pool
from tocsin_store.telling import RANGE, TELL

HELD: Final = f"""
SELECT   d.id
FROM     delivery d, alert a
WHERE    a.id = $1 AND {RANGE} AND d.work = 'claimed' AND d.session = $2
  AND    d.claimed_at < coalesce($3::timestamptz, 'infinity')
ORDER BY d.id
"""

_LOOKED_UP: Final = [Channel.SMS.value, Channel.VOICE.value]
"""Channels whose providers are asked what a dead session handed over: not before they must know of it."""

RECOVER: Final = f"""
WITH moved AS (
    UPDATE delivery d
    SET    state = CASE WHEN state_rank(d.state) < 1 THEN 'unknown' ELSE d.state END,
           work = CASE WHEN state_rank(d.state) >= 4 THEN 'none' ELSE 'waiting' END::delivery_work,
           reason = 'session_lost', attempts = d.attempts + 1, ambiguous = d.ambiguous + 1, fact_rank = 1,
           updated_at = now()
    FROM   unnest($3::uuid[]) AS held(id), alert a
    WHERE  d.id = held.id AND a.id = $1 AND d.work = 'claimed' AND d.session = $2
    RETURNING d.id, d.alert_id, d.alert_version, d.channel, d.fence, 'unknown' AS kind,
              'unknown'::delivery_state AS fact_state, 'session_lost' AS reason,
              now() + CASE WHEN d.channel = ANY($4::text[]) THEN interval '30 seconds' ELSE '0' END AS due_at,
              old.state AS o, new.state AS n, new.work AS work, a.frozen_at, a.lane
), waits AS (
    INSERT INTO due (delivery_id, alert_id, kind, channel, lane, due_at, produce_after)
    SELECT id, alert_id, 'resolve', channel, lane, due_at, due_at FROM moved WHERE work = 'waiting'
    ON CONFLICT (delivery_id) DO UPDATE  -- one that its claim did not see
    SET kind = excluded.kind, route = NULL, due_at = excluded.due_at, produce_after = excluded.produce_after, probe = false
){TELL}
SELECT count(*) FROM moved
"""

_STRETCH: Final = 50
"""So many times the rows of a page are read for it: most of an alert waits no more when it ends."""

# A version has ended when another replaced it, when the alert was cancelled, or when it has expired.
_IS_OVER: Final = "(c.version <> a.version OR NOT a.open OR a.expires_at <= now())"

OVER: Final = f"""
SELECT   c.alert_id, c.version
FROM     alert_content c JOIN alert a ON a.id = c.alert_id
WHERE    c.settled_at IS NULL AND {_IS_OVER}
ORDER BY a.lane, c.alert_id, c.version
LIMIT    100
"""

# Rows are locked by one scan, never by a LATERAL one: where a row has changed meanwhile, PostgreSQL 18.6 frees what the
# next round needs to choose its partition, and crashes.
CLOSE: Final = f"""
WITH a AS MATERIALIZED (
    SELECT a.*, CASE WHEN c.version <> a.version THEN 'superseded' WHEN NOT a.open THEN 'alert_closed'
                     ELSE 'expired' END AS why
    FROM   alert a JOIN alert_content c ON c.alert_id = a.id AND c.version = $2
    WHERE  a.id = $1 AND {_IS_OVER}
), stretch AS MATERIALIZED (            -- how far this statement reads, so that no alert is too large for it
    SELECT d.id AS last FROM delivery d, a WHERE {RANGE} AND d.id > $3 ORDER BY d.id OFFSET {_STRETCH} * $4::int - 1 LIMIT 1
), page AS MATERIALIZED (
    SELECT d.id FROM delivery d, a
    WHERE  {RANGE} AND d.id > $3 AND d.id <= coalesce((SELECT last FROM stretch), alert_end(a.id))
      AND  d.alert_version = $2 AND d.work = 'waiting'
    ORDER  BY d.id LIMIT $4
), waiting AS MATERIALIZED (            -- locked in order; what a claim or the merge holds now comes in the next pass
    SELECT id FROM delivery WHERE id = ANY(ARRAY(SELECT id FROM page)) AND work = 'waiting'
    ORDER  BY id FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE delivery d
    SET    state = CASE WHEN state_rank(d.state) >= 4 THEN d.state WHEN a.why = 'expired' THEN 'expired'
                        ELSE 'cancelled' END,
           work = 'none', reason = a.why, updated_at = now()
    FROM   waiting w, a
    WHERE  d.id = w.id AND d.work = 'waiting'
    RETURNING d.id, d.alert_id, d.alert_version, d.channel, d.fence, a.lane, a.frozen_at, a.why AS reason,
              CASE WHEN a.why = 'expired' THEN 'expired' ELSE 'cancelled' END AS kind,
              CASE WHEN a.why = 'expired' THEN 'expired' ELSE 'cancelled' END::delivery_state AS fact_state,
              NULL::timestamptz AS due_at, old.state AS o, new.state AS n
), done AS (
    DELETE FROM due USING moved WHERE due.delivery_id = moved.id
){TELL}
SELECT (SELECT count(*) FROM moved) AS settled,
       CASE WHEN (SELECT count(*) FROM page) = $4 THEN (SELECT id FROM page ORDER BY id DESC LIMIT 1)
            ELSE (SELECT last FROM stretch) END AS last
"""

SETTLE_VERSION: Final = f"""
UPDATE alert_content c SET settled_at = now()
FROM   alert a
WHERE  a.id = $1 AND c.alert_id = a.id AND c.version = $2 AND c.settled_at IS NULL AND {_IS_OVER}
  AND  NOT EXISTS (SELECT FROM fan_out f WHERE f.alert_id = a.id AND f.version = c.version AND f.done_at IS NULL)
  AND  NOT EXISTS (SELECT FROM delivery d WHERE {RANGE} AND d.alert_version = c.version AND d.work <> 'none')
"""

COMPLETE: Final = """
UPDATE alert a SET state = 'completed'
WHERE  a.state = 'live' AND a.expires_at <= now()
  AND  NOT EXISTS (SELECT FROM alert_content c WHERE c.alert_id = a.id AND c.settled_at IS NULL)
RETURNING a.id
"""


@dataclass(frozen=True, slots=True)
class AlertVersion:
    """One version of an alert."""

    alert_id: UUID
    version: int


async def recover_claims(pool: Pool, *, alert_id: UUID, session: int, claimed_before: datetime | None) -> int:
    """Make what a session still holds of an alert `unknown`, due to be resolved; call it past the barrier.

    Args:
        pool: Connections.
        alert_id: Whose deliveries.
        session: Dead, or alive with orphans.
        claimed_before: Only claims older than this; None for all.

    Returns:
        How many there were.
    """
    held = [row["id"] for row in await pool.fetch(HELD, alert_id, session, claimed_before)]
    if not held:
        return 0
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(gate.RECOVER)
        return int(await connection.fetchval(RECOVER, alert_id, session, held, _LOOKED_UP))


async def unsettled_alerts(pool: Pool) -> list[UUID]:
    """Alerts that may have deliveries with work left."""
    rows = await pool.fetch("SELECT DISTINCT alert_id FROM alert_content WHERE settled_at IS NULL")
    return [row["alert_id"] for row in rows]


async def over(pool: Pool) -> list[AlertVersion]:
    """Versions that have ended (superseded, cancelled, expired) and are not known to be settled; urgent ones first."""
    return [AlertVersion(**row) for row in await pool.fetch(OVER)]


async def close_waiting(
    pool: Pool, version: AlertVersion, *, after: UUID, limit: int = 2_000
) -> tuple[int, UUID | None]:
    """Settle the next `limit` deliveries that wait of an ended version, or those of a stretch of its alert.

    Returns:
        How many were settled, and after which delivery to go on; None at the end of the alert.
    """
    row = await pool.fetchrow(CLOSE, version.alert_id, version.version, after, limit)
    return (0, None) if row is None else (row["settled"], row["last"])


async def settle_version(pool: Pool, version: AlertVersion) -> bool:
    """Note that nothing of an ended version is left to do; False while something is."""
    return bool(await pool.execute(SETTLE_VERSION, version.alert_id, version.version) == "UPDATE 1")


async def complete(pool: Pool) -> list[UUID]:
    """Complete every expired alert whose versions are all settled; returns which."""
    return [row["id"] for row in await pool.fetch(COMPLETE)]
