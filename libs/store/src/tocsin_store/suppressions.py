"""Suppressions: addresses that are not written to, with the strikes that led there. Personal: they stay in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Reason
from tocsin_store.pool import Connection, Row

SUPPRESSED: Final = """EXISTS (SELECT FROM suppression s
                             WHERE  s.channel = p.channel AND s.address = lower(p.address) AND s.lifted_at IS NULL
                               AND  (s.kind = 'hard' OR a.severity <> 'extreme')
                               AND  (s.scope = 'all' OR a.lane = 'routine'))"""
"""Whether contact point p is not to be written to for alert a, in SQL."""

# A rule's strikes count in as many alerts, the last of them at least `apart` from the first; a season forgives.
SUPPRESS: Final = """
INSERT INTO suppression (channel, address, kind, scope, reason, provider_status, strikes, delivery_id, alert_id, agency_id)
SELECT struck.channel, struck.address, rule.kind, rule.scope, rule.reason, last.provider_status, struck.n,
       last.delivery_id, last.alert_id, last.agency_id
FROM  (SELECT s.channel, s.address, s.reason, count(DISTINCT s.alert_id)::int AS n, max(s.at) - min(s.at) AS span
       FROM   unnest($1::text[], $2::text[]) u(channel, address)
       JOIN   strike s ON s.channel = u.channel AND s.address = u.address AND NOT s.lifted
                      AND s.at > now() - interval '90 days'
       GROUP  BY 1, 2, 3) struck
JOIN   strike_rule rule ON rule.channel = struck.channel AND rule.reason = struck.reason
                       AND struck.n >= rule.strikes AND struck.span >= rule.apart
CROSS  JOIN LATERAL (SELECT * FROM strike
                     WHERE  channel = struck.channel AND address = struck.address AND reason = struck.reason
                     ORDER  BY at DESC LIMIT 1) last
ON CONFLICT DO NOTHING
"""

_COLUMNS: Final = """id, channel, kind, scope, reason, provider_status, strikes, delivery_id, alert_id,
                     created_at, lifted_at"""

LIFT: Final = f"""
WITH lifted AS (
    UPDATE suppression SET lifted_at = coalesce(lifted_at, now()), lifted_because = coalesce(lifted_because, $3)
    WHERE  id = $1 AND agency_id = $2
    RETURNING {_COLUMNS}, address
), forgiven AS (
    UPDATE strike s SET lifted = true FROM lifted l
    WHERE  s.channel = l.channel AND s.address = l.address AND s.reason = l.reason AND s.at <= l.lifted_at
)
SELECT {_COLUMNS} FROM lifted
"""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why an address is not written to; without the address."""

    id: UUID
    channel: Channel
    kind: str
    """`hard`: for every alert; `soft`: extreme ones go there all the same."""
    scope: str
    """`all` or `routine` alerts."""
    reason: Reason
    provider_status: str | None
    strikes: int
    delivery_id: UUID
    """The last strike's."""
    alert_id: UUID
    created_at: datetime
    lifted_at: datetime | None


async def suppress_struck(conn: Connection, struck: Sequence[tuple[str, str]]) -> None:
    """Suppress those (channel, address) whose strikes are enough, in the transaction that wrote the strikes."""
    await conn.execute(SUPPRESS, [channel for channel, _ in struck], [address for _, address in struck])


async def page(
    conn: Connection,
    *,
    agency_id: UUID,
    after: UUID | None,
    active: bool | None,
    channel: Channel | None,
    limit: int,
) -> list[Suppression]:
    """Those whose last strike came from this agency's alerts, oldest first, from above `after`."""
    rows = await conn.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM   suppression
        WHERE  agency_id = $1 AND ($2::uuid IS NULL OR id > $2)
        AND    ($3::boolean IS NULL OR (lifted_at IS NULL) = $3)
        AND    ($4::text    IS NULL OR channel = $4)
        ORDER  BY id
        LIMIT  $5
        """,
        agency_id,
        after,
        active,
        channel,
        limit,
    )
    return [_suppression(row) for row in rows]


async def find(conn: Connection, suppression_id: UUID, *, agency_id: UUID) -> Suppression | None:
    """One of this agency's."""
    row = await conn.fetchrow(
        f"SELECT {_COLUMNS} FROM suppression WHERE id = $1 AND agency_id = $2", suppression_id, agency_id
    )
    return None if row is None else _suppression(row)


async def lift(
    conn: Connection, suppression_id: UUID, *, agency_id: UUID, because: str
) -> Suppression | None:
    """Write to the address again, and forget the strikes that led there; None where it is another agency's."""
    row = await conn.fetchrow(LIFT, suppression_id, agency_id, because)
    return None if row is None else _suppression(row)


def _suppression(row: Row) -> Suppression:
    return Suppression(**{**row, "channel": Channel(row["channel"]), "reason": Reason(row["reason"])})
