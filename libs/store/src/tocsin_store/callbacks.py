"""What providers report of what they took: each report once, and the delivery it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Lane, Severity
from tocsin_store.pool import Connection, Pool, Row
from tocsin_store.provider_messages import worth_until

_PAGE: Final = 5_000

_KNOWN: Final = f"""
SELECT t.provider, t.ref, t.status, t.code, t.fence, t.received_at, d.id AS delivery_id, d.alert_id, d.alert_version,
       d.channel, d.contact_point_id, d.attempts, a.agency_id, a.lane::text, a.severity, a.worth_until AS expires_at
FROM   told t
CROSS  JOIN LATERAL (SELECT id, alert_id, alert_version, channel, contact_point_id, attempts FROM delivery
                     WHERE  id = t.delivery_id AND fence >= t.fence OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id, lane, severity, {worth_until("d.alert_version")} AS worth_until
                     FROM   alert WHERE id = d.alert_id OFFSET 0) a
ORDER  BY t.received_at, d.id
"""

# A report told again costs index probes and changes nothing, unless only now it says what it is about. Sorted: two who
# write at a time do so in one order.
ABSORB: Final = f"""
WITH u AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::int[])
                  AS u(provider, ref, status, code, delivery_id, fence)
), late AS (
    UPDATE callback c SET delivery_id = u.delivery_id, fence = u.fence
    FROM   u
    WHERE  c.delivery_id IS NULL AND u.delivery_id IS NOT NULL
      AND  c.provider = u.provider AND c.ref = u.ref AND c.status = u.status AND c.code = u.code
    RETURNING c.*
), new AS (
    INSERT INTO callback (provider, ref, status, code, delivery_id, fence)
    SELECT u.provider, u.ref, u.status, u.code, coalesce(u.delivery_id, m.delivery_id), coalesce(u.fence, m.fence)
    FROM   u
    LEFT   JOIN LATERAL (SELECT delivery_id, fence FROM provider_message
                         WHERE  u.delivery_id IS NULL AND provider = u.provider AND ref = u.ref OFFSET 0) m ON true
    ORDER  BY 1, 2, 3, 4
    ON CONFLICT DO NOTHING
    RETURNING *
), told AS (SELECT * FROM new UNION ALL SELECT * FROM late)
{_KNOWN}
"""

JOIN: Final = f"""
WITH page AS MATERIALIZED (
    SELECT provider, ref, status, code FROM callback
    WHERE  delivery_id IS NULL AND (provider, ref, status, code) > ($1, $2, $3, $4)
    ORDER  BY provider, ref, status, code LIMIT $5
), told AS (
    UPDATE callback c SET delivery_id = m.delivery_id, fence = m.fence
    FROM   page
    CROSS  JOIN LATERAL (SELECT delivery_id, fence FROM provider_message
                         WHERE  provider = page.provider AND ref = page.ref OFFSET 0) m
    WHERE  c.provider = page.provider AND c.ref = page.ref AND c.status = page.status AND c.code = page.code
    RETURNING c.*
), known AS ({_KNOWN})
SELECT known.*, last.provider AS last_provider, last.ref AS last_ref, last.status AS last_status, last.code AS last_code
FROM  (SELECT * FROM page ORDER BY provider DESC, ref DESC, status DESC, code DESC LIMIT 1) last
LEFT   JOIN known ON true
"""

Place = tuple[str, str, str, str]
"""Where a walk over the reports without a delivery stands."""
FIRST: Final[Place] = ("", "", "", "")


@dataclass(frozen=True, slots=True)
class Told:
    """A report as it came, in the provider's words. Without a delivery: its reference was none of ours."""

    provider: str
    ref: str
    status: str
    code: str
    delivery_id: UUID | None = None
    fence: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """A report that is new, and the delivery it is about as the ledger has it."""

    provider: str
    ref: str
    status: str
    code: str
    fence: int
    received_at: datetime
    delivery_id: UUID
    alert_id: UUID
    alert_version: int
    channel: Channel
    contact_point_id: UUID
    attempts: int
    agency_id: UUID
    lane: Lane
    severity: Severity
    expires_at: datetime
    """As `worth_until`."""


async def absorb(conn: Connection, told: Sequence[Told]) -> list[Reported]:
    """Keep reports. Those told before are nothing; those of no delivery that we know are kept until one is.

    Returns:
        The new ones about deliveries that were claimed, for receipts in the same transaction.
    """
    whole_last = sorted(told, key=lambda each: each.delivery_id is not None)
    once = {(each.provider, each.ref, each.status, each.code): each for each in whole_last}.values()
    rows = await conn.fetch(
        ABSORB,
        [each.provider for each in once],
        [each.ref for each in once],
        [each.status for each in once],
        [each.code for each in once],
        [each.delivery_id for each in once],
        [each.fence for each in once],
    )
    return [_reported(row) for row in rows]


async def join(conn: Connection, *, after: Place, limit: int) -> tuple[list[Reported], Place]:
    """Find the deliveries of reports that came before it was known what the provider had taken.

    Args:
        conn: In a transaction, for the receipts that follow.
        after: Where the walk stands: `FIRST`, or what the last call returned.
        limit: Most reports looked at.

    Returns:
        What was found, and where to go on; `FIRST` at the end.
    """
    rows = await conn.fetch(JOIN, *after, limit)
    if not rows:
        return [], FIRST
    last = rows[0]
    found = [_reported(row) for row in rows if row["delivery_id"] is not None]
    return found, (last["last_provider"], last["last_ref"], last["last_status"], last["last_code"])


async def routes(conn: Connection, contact_points: Sequence[UUID]) -> list[str]:
    """The destination routes of texts to these contact points."""
    rows = await conn.fetch(
        "SELECT DISTINCT route_of(channel, address) AS route FROM contact_point WHERE id = ANY($1::uuid[])",
        list(contact_points),
    )
    return [row["route"] for row in rows]


async def forget_old(pool: Pool, *, days: int) -> bool:
    """Delete a page of those older than so many days; says whether there may be more."""
    status = await pool.execute(
        """DELETE FROM callback WHERE (provider, ref, status, code) IN (
               SELECT provider, ref, status, code FROM callback
               WHERE  received_at < now() - make_interval(days => $1) ORDER BY received_at LIMIT $2)""",
        days,
        _PAGE,
    )
    return bool(status == f"DELETE {_PAGE}")


def _reported(row: Row) -> Reported:
    return Reported(
        row["provider"],
        row["ref"],
        row["status"],
        row["code"],
        row["fence"],
        row["received_at"],
        row["delivery_id"],
        row["alert_id"],
        row["alert_version"],
        Channel(row["channel"]),
        row["contact_point_id"],
        row["attempts"],
        row["agency_id"],
        Lane(row["lane"]),
        Severity(row["severity"]),
        row["expires_at"],
    )
