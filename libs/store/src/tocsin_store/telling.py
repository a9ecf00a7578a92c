"""What a set-based statement that writes `state` must tell: timeline, outbox and tally, in the same transaction."""

from typing import Final


def tallied(moved: str, at: str) -> str:
    """The CTE that appends what rows moved from state o to n: counts of both, and how long after acceptance, in SQL.

    Args:
        moved: Names alert_id, alert_version, channel, o, n, frozen_at.
        at: When they moved.
    """
    return f"""tallied AS (
    INSERT INTO tally_delta (alert_id, alert_version, channel, state, bucket, n)
    SELECT alert_id, alert_version, channel, x.state, x.bucket, sum(x.k)
    FROM  (SELECT alert_id, alert_version, channel, o, n, time_bucket({at} - frozen_at) AS bucket, count(*) AS k
           FROM   {moved} WHERE o <> n GROUP BY 1, 2, 3, 4, 5, 6) y
    CROSS JOIN LATERAL (VALUES (o, -1, -y.k), (n, -1, y.k), (n, y.bucket, y.k)) x(state, bucket, k)
    GROUP BY 1, 2, 3, 4, 5
)"""


# `moved` names: id, alert_id, alert_version, channel, fence, kind, fact_state, reason, due_at, o, n, lane, frozen_at.
TELL: Final = f"""
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
               'fence', fence, 'kind', kind, 'state', fact_state, 'reason', reason, 'due_at', due_at, 'lane', lane,
               'occurred_at', now(), 'recorded_at', now()) ORDER BY ordinal)
    FROM told GROUP BY alert_id, (ordinal - 1) / 1000
), {tallied("told", "now()")}
"""

RANGE: Final = "d.id >= alert_first(a.id) AND d.id < alert_end(a.id) AND d.alert_id = a.id"
"""The deliveries d of alert a: a range of the primary key, its 48-bit time and the next."""

REACHED: Final = "(d.state IN ('sent', 'voicemail', 'delivered', 'acknowledged') OR d.ambiguous > 0)"
"""Whether delivery d was handed over and nobody provably refused it."""
