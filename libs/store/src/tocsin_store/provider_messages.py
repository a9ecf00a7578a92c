"""What providers took, by their own ids: until its end is told, it is asked after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Lane, ReceiptKind, Severity
from tocsin_store.pool import Connection, Pool

_ENDS: Final = frozenset(
    {
        ReceiptKind.DELIVERED,
        ReceiptKind.ACKNOWLEDGED,
        ReceiptKind.VOICEMAIL,
        ReceiptKind.FAILED,
        ReceiptKind.EXPIRED,
    }
)
_FIRST_POLL: Final = timedelta(minutes=10)
_PAGE: Final = 5_000

# Whatever is told of a message first makes its row: a report may overtake the accept.
NOTE: Final = """
WITH told AS (
    SELECT   provider, ref, delivery_id, fence, min(at) AS at, max(at) FILTER (WHERE ends) AS ended_at
    FROM     unnest($1::text[], $2::text[], $3::uuid[], $4::int[], $5::timestamptz[], $6::boolean[])
             AS t(provider, ref, delivery_id, fence, at, ends)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4
)
INSERT INTO provider_message AS m (provider, ref, delivery_id, fence, alert_id, agency_id, channel, contact_point_id,
                                   accepted_at, ended_at, poll_at)
SELECT t.provider, t.ref, d.id, t.fence, d.alert_id, a.agency_id, d.channel, d.contact_point_id, t.at, t.ended_at,
       CASE WHEN t.ended_at IS NULL THEN t.at + $7::interval END
FROM   told t
CROSS  JOIN LATERAL (SELECT id, alert_id, channel, contact_point_id FROM delivery WHERE id = t.delivery_id OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id FROM alert WHERE id = d.alert_id OFFSET 0) a
ON CONFLICT (provider, ref) DO UPDATE SET ended_at = excluded.ended_at, poll_at = NULL
WHERE m.ended_at IS NULL AND excluded.ended_at IS NOT NULL
"""


async def note(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Note what was taken, and what has come to its end; facts without a provider's id say nothing of it.

    Args:
        connection: In the transaction that merges these.
        receipts: Each delivery once.
    """
    told = [receipt for receipt in receipts if receipt.provider and receipt.provider_ref]
    if not told:
        return
    await connection.execute(
        NOTE,
        [receipt.provider for receipt in told],
        [receipt.provider_ref for receipt in told],
        [receipt.delivery_id for receipt in told],
        [receipt.fence for receipt in told],
        [receipt.occurred_at for receipt in told],
        [receipt.kind in _ENDS for receipt in told],
        _FIRST_POLL,
    )


def worth_until(version: str) -> str:
    """Until when another attempt of this version of an alert is worth it, in SQL: past, where it is not in force."""
    return f"CASE WHEN open AND version = {version} THEN expires_at ELSE least(expires_at, now()) END"


# Once a schedule is through, nobody asks any more. A first poll that the schedule wants later is only moved.
TAKE_SILENT: Final = f"""
WITH silent AS MATERIALIZED (
    SELECT   provider, ref, coalesce(accepted_at + ($3::interval[])[polls + 1] <= now(), true)::int AS asked
    FROM     provider_message
    WHERE    channel = $1 AND poll_at <= now() ORDER BY poll_at LIMIT $2 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE provider_message m
    SET    polls = m.polls + asked, poll_at = m.accepted_at + ($3::interval[])[m.polls + 1 + asked]
    FROM   silent s
    WHERE  m.provider = s.provider AND m.ref = s.ref
    RETURNING m.*, asked
)
SELECT t.provider, t.ref, t.delivery_id, t.fence, d.attempts, d.alert_version, a.id AS alert_id, a.lane::text, a.severity,
       a.worth_until AS expires_at, now() AS at
FROM   taken t
CROSS  JOIN LATERAL (SELECT attempts, alert_version, alert_id FROM delivery WHERE id = t.delivery_id OFFSET 0) d
CROSS  JOIN LATERAL (SELECT id, lane, severity, {worth_until("d.alert_version")} AS worth_until
                     FROM   alert WHERE id = d.alert_id OFFSET 0) a
WHERE  asked = 1
"""


@dataclass(frozen=True, slots=True)
class Silent:
    """A message whose end was not told for long, and what its delivery is."""

    provider: str
    ref: str
    delivery_id: UUID
    fence: int
    attempts: int
    alert_version: int
    alert_id: UUID
    lane: Lane
    severity: Severity
    expires_at: datetime
    """As `worth_until`."""
    at: datetime
    """Now, by the ledger's clock."""


async def take_silent(
    pool: Pool, *, channel: Channel, schedule: Sequence[timedelta], limit: int
) -> list[Silent]:
    """Take messages that are to be asked after; each comes again at its next time, unless its end was told by then.

    Args:
        pool: Connections.
        channel: Whose.
        schedule: How long after the accept, in order; the first counts from ten minutes on.
        limit: At most.
    """
    rows = await pool.fetch(TAKE_SILENT, channel.value, limit, list(schedule))
    return [
        Silent(**{**row, "lane": Lane(row["lane"]), "severity": Severity(row["severity"])}) for row in rows
    ]


async def forget_old(pool: Pool, *, days: int) -> bool:
    """Delete a page of those older than so many days; says whether there may be more."""
    status = await pool.execute(
        """DELETE FROM provider_message WHERE (provider, ref) IN (
               SELECT provider, ref FROM provider_message
               WHERE  accepted_at < now() - make_interval(days => $1) ORDER BY accepted_at LIMIT $2)""",
        days,
        _PAGE,
    )
    return bool(status == f"DELETE {_PAGE}")
