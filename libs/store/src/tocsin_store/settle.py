"""Set-based statements that write `state`: recovery and expiry. Row, timeline, tally and outbox in one transaction."""

from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_store.pool import Pool

# `moved` names: id, alert_id, alert_version, channel, fence, kind, fact_state, reason, due_at, o, n, frozen_at.
_TELL: Final = """
, told AS MATERIALIZED (
    SELECT receipt_id(id, fence, kind, NULL, due_at) AS receipt, *, row_number() OVER (ORDER BY id) AS ordinal FROM moved
), timeline AS (
    INSERT INTO receipt (delivery_id, id, alert_id, due_at, occurred_at, recorded_at, xid, ordinal, alert_version, fence,
                         channel, kind, state, reason)
    SELECT id, receipt, alert_id, due_at, now(), now(), pg_current_xact_id()::text::bigint, ordinal, alert_version, fence,
           channel, kind, fact_state, reason
    FROM told ON CONFLICT DO NOTHING
), outboxed AS (
    INSERT INTO outbox (topic, key, event_type, receipts)
    SELECT 'receipts', alert_id, 'io.tocsin.receipt.v1',
           jsonb_agg(jsonb_build_object(
               'id', receipt, 'delivery_id', id, 'alert_id', alert_id, 'alert_version', alert_version, 'channel', channel,
               'fence', fence, 'kind', kind, 'state', fact_state, 'reason', reason, 'due_at', due_at,
               'occurred_at', now(), 'recorded_at', now()) ORDER BY ordinal)
    FROM told GROUP BY alert_id, (ordinal - 1) / 1000
), tallied AS (
    INSERT INTO tally_delta (alert_id, alert_version, channel, state, bucket, n)
    SELECT alert_id, alert_version, channel, state, bucket, sum(k)
    FROM (SELECT alert_id, alert_version, channel, o AS state, -1 AS bucket, -1 AS k FROM told WHERE o <> n
          UNION ALL
          SELECT alert_id, alert_version, channel, n, -1, 1 FROM told WHERE o <> n
          UNION ALL
          SELECT alert_id, alert_version, channel, n, time_bucket(now() - frozen_at), 1 FROM told WHERE o <> n) x
    GROUP BY 1, 2, 3, 4, 5
)
SELECT count(*) FROM moved
"""

# An alert's deliveries are a range of the primary key: its 48-bit time and the next.
_RANGE: Final = "d.id >= alert_first(a.id) AND d.id < alert_end(a.id) AND d.alert_id = a.id"

RECOVER: Final = f"""
WITH moved AS (
    UPDATE delivery d
    SET    state = CASE WHEN state_rank(d.state) < 1 THEN 'unknown' ELSE d.state END,
           work = CASE WHEN state_rank(d.state) >= 4 THEN 'none' ELSE 'waiting' END::delivery_work,
           reason = 'session_lost', attempts = d.attempts + 1, ambiguous = d.ambiguous + 1, fact_rank = 1,
           updated_at = now()
    FROM   alert a
    WHERE  a.id = $1 AND {_RANGE} AND d.work = 'claimed' AND d.session = $2
      AND  d.claimed_at < coalesce($3::timestamptz, 'infinity')
    RETURNING d.id, d.alert_id, d.alert_version, d.channel, d.fence, 'unknown' AS kind,
              'unknown'::delivery_state AS fact_state, 'session_lost' AS reason, now() AS due_at,
              old.state AS o, new.state AS n, new.work AS work, a.frozen_at, a.lane
), waits AS (
    INSERT INTO due (delivery_id, alert_id, kind, channel, lane, due_at, produce_after)
    SELECT id, alert_id, 'resolve', channel, lane, now(), now() FROM moved WHERE work = 'waiting'
    ON CONFLICT (delivery_id) DO NOTHING
){_TELL}
"""

EXPIRE: Final = f"""
WITH waiting AS MATERIALIZED (
    SELECT d.id FROM alert a JOIN delivery d ON {_RANGE}
    WHERE  a.id = $1 AND a.expires_at <= now() AND d.work = 'waiting'
    ORDER  BY d.id LIMIT $2
    FOR UPDATE OF d SKIP LOCKED
), moved AS (
    UPDATE delivery d
    SET    state = CASE WHEN state_rank(d.state) < 4 THEN 'expired' ELSE d.state END, work = 'none', reason = 'expired',
           updated_at = now()
    FROM   waiting w, alert a
    WHERE  d.id = w.id AND a.id = $1 AND d.work = 'waiting'
    RETURNING d.id, d.alert_id, d.alert_version, d.channel, d.fence, 'expired' AS kind,
              'expired'::delivery_state AS fact_state, 'expired' AS reason, NULL::timestamptz AS due_at,
              old.state AS o, new.state AS n, a.frozen_at
), done AS (
    DELETE FROM due USING moved WHERE due.delivery_id = moved.id
){_TELL}
"""

UNSETTLED: Final = """
SELECT a.id FROM alert a
WHERE  a.state = 'live'
   OR  EXISTS (SELECT FROM fan_out f WHERE f.alert_id = a.id AND f.done_at IS NULL)
"""

COMPLETE: Final = f"""
UPDATE alert a SET state = 'completed'
WHERE  a.id = $1 AND a.state = 'live' AND a.expires_at <= now()
  AND  NOT EXISTS (SELECT FROM fan_out f WHERE f.alert_id = a.id AND f.done_at IS NULL)
  AND  NOT EXISTS (SELECT FROM delivery d WHERE {_RANGE} AND d.work <> 'none')
"""


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
    return int(await pool.fetchval(RECOVER, alert_id, session, claimed_before))


async def unsettled_alerts(pool: Pool) -> list[UUID]:
    """Alerts that may have claimed deliveries."""
    return [row["id"] for row in await pool.fetch(UNSETTLED)]


async def expired_alerts(pool: Pool) -> list[UUID]:
    """Live alerts past their expiry, longest first."""
    rows = await pool.fetch(
        "SELECT id FROM alert WHERE state = 'live' AND expires_at <= now() ORDER BY expires_at LIMIT 100"
    )
    return [row["id"] for row in rows]


async def expire_waiting(pool: Pool, alert_id: UUID, *, limit: int = 2_000) -> int:
    """Settle deliveries of an expired alert that still wait; returns how many."""
    return int(await pool.fetchval(EXPIRE, alert_id, limit))


async def complete(pool: Pool, alert_id: UUID) -> bool:
    """Close an expired alert once nothing of it is left to do."""
    return bool(await pool.execute(COMPLETE, alert_id) == "UPDATE 1")
