"""A page of an audience becomes a chunk: rows, chunk, tally, and what is told of those settled at birth."""

from typing import Final

from tocsin_store.suppressions import SUPPRESSED
from tocsin_store.telling import TELL


# After `a` (the alert, locked) and `page` (member_id, contact_point_id, and its channel and address); $2 version, $3 wave,
# $4 channel, $5 number.
# An alert that has ended still gets its rows, settled: every eligible member is accounted for.
def _chunk(on_conflict: str) -> str:
    return f"""
, born AS MATERIALIZED (
    SELECT delivery_id(a.id, $2, p.member_id, p.contact_point_id, $3) AS id, p.member_id, p.contact_point_id,
           CASE WHEN a.version <> $2         THEN 'superseded'
                WHEN NOT a.open              THEN 'alert_closed'
                WHEN a.expires_at <= now()   THEN 'expired'
                WHEN {SUPPRESSED}            THEN 'address_suppressed' END AS why
    FROM   page p CROSS JOIN a
), made AS (
    INSERT INTO delivery (id, alert_id, alert_version, member_id, contact_point_id, wave, channel, state, work, reason)
    SELECT born.id, a.id, $2, member_id, contact_point_id, $3, $4,
           CASE why WHEN 'superseded' THEN 'cancelled' WHEN 'alert_closed' THEN 'cancelled' WHEN 'expired' THEN 'expired'
                    WHEN 'address_suppressed' THEN 'suppressed' ELSE 'pending' END::delivery_state,
           CASE WHEN why IS NULL THEN 'waiting' ELSE 'none' END::delivery_work, why
    FROM   born CROSS JOIN a
    ORDER  BY 1
    {on_conflict}
    RETURNING id, alert_id, alert_version, member_id, channel, fence, state, reason
), made_n AS MATERIALIZED (
    SELECT coalesce(array_agg(id) FILTER (WHERE state = 'pending'), '{{}}') AS ids, count(*)::int AS n FROM made
), kept AS (
    INSERT INTO chunk (alert_id, version, wave, channel, number, lane, deliveries, delivery_ids)
    SELECT a.id, $2, $3, $4, $5, a.lane, cardinality(ids), ids FROM a CROSS JOIN made_n WHERE cardinality(ids) > 0
), counted AS (
    INSERT INTO tally_delta (alert_id, alert_version, channel, state, n)
    SELECT a.id, $2, $4, 'pending', made_n.n FROM a CROSS JOIN made_n WHERE made_n.n > 0
), moving AS (
    INSERT INTO moving_on (alert_id, version, wave, member_id)
    SELECT DISTINCT made.alert_id, $2::int, $3::smallint, member_id
    FROM   made CROSS JOIN a WHERE reason = 'address_suppressed' AND $3 < a.last_wave
    ORDER  BY member_id
    ON CONFLICT (alert_id, version, wave, member_id) DO UPDATE SET member_id = excluded.member_id -- taken once we commit
), moved AS (
    SELECT made.id, alert_id, alert_version, channel, fence, state::text AS kind, state AS fact_state, reason,
           NULL::timestamptz AS due_at, 'pending'::delivery_state AS o, state AS n, a.lane, a.frozen_at
    FROM   made CROSS JOIN a WHERE state <> 'pending'
){TELL}
"""


CHUNK: Final = _chunk("ON CONFLICT DO NOTHING")
NEW_CHUNK: Final = _chunk("")
"""The same where no row can be there: to look costs two thirds of an INSERT. If one is, all is refused."""
