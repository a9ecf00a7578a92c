"""What an alert would take, and what stands before it: counted ahead, so that its agency is told when it posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from tocsin_schemas.words import Channel, Lane, Purpose, Severity
from tocsin_store.geometry import Shape, polygon_text
from tocsin_store.pool import Connection
from tocsin_store.suppressions import SUPPRESSED
from tocsin_store.telling import RANGE

# The conditions of a fan-out, as they are now; those that would be suppressed get nothing and are left out.
AUDIENCE: Final = f"""
WITH a AS MATERIALIZED (
    SELECT $1::uuid AS agency_id, $2::text AS purpose, $3::text AS severity, $4::lane AS lane
), shape AS MATERIALIZED (
    SELECT o.outline::polygon AS outline,
           ARRAY(SELECT hole::polygon FROM unnest($6::bigint[], $7::text[]) h(of, hole) WHERE h.of = o.number) AS holes
    FROM   unnest($5::text[]) WITH ORDINALITY o(outline, number)
), inside AS MATERIALIZED (
    SELECT DISTINCT p.member_id AS id
    FROM   shape s JOIN place p ON p.location <@ s.outline
                               AND NOT EXISTS (SELECT FROM unnest(s.holes) hole WHERE p.location <@ hole)
)
SELECT channel, language, route, time_zone, count(*)::int AS n, count(*) FILTER (WHERE nth = 1)::int AS households
FROM  (SELECT c.channel, m.language, coalesce(route, '') AS route,
              CASE c.channel WHEN 'voice' THEN m.time_zone ELSE '' END                  AS time_zone,
              row_number() OVER (PARTITION BY c.channel, m.household_id ORDER BY route) AS nth
       FROM   a CROSS JOIN inside CROSS JOIN unnest($8::text[]) c(channel)
       CROSS  JOIN LATERAL (SELECT FROM consent
                            WHERE  member_id = inside.id AND agency_id = a.agency_id AND purpose = a.purpose
                              AND  channel = c.channel
                              AND  valid_from <= now() AND (valid_until IS NULL OR valid_until > now())
                            LIMIT  1) granted
       CROSS  JOIN LATERAL (SELECT CASE WHEN channel <> 'email' THEN route_of(channel, address) END AS route,
                                   {SUPPRESSED} AS suppressed
                            FROM   contact_point p
                            WHERE  p.member_id = inside.id AND p.channel = c.channel AND p.confirmed_at <= now()
                              AND  p.valid_from <= now() AND (p.valid_until IS NULL OR p.valid_until > now())
                            OFFSET 0) point
       CROSS  JOIN LATERAL (SELECT language, household_id, time_zone FROM member WHERE id = inside.id OFFSET 0) m
       WHERE  NOT suppressed -- asked above, where it is a probe by address; here it would be a join
      ) x
GROUP  BY 1, 2, 3, 4
"""

# Of a paced channel what is not with the provider yet: counted, or while the fan-out goes on as expected. Of calls that
# wait only so many are made as there are households.
QUEUE: Final = """
SELECT a.id AS alert_id, a.lane::text, a.expires_at,
       greatest(0, CASE WHEN $2 = 'voice' AND expected < t.pending + t.settled
                        THEN ceil(t.pending * expected::float8 / (t.pending + t.settled))::int ELSE t.pending END,
                CASE WHEN NOT f.done THEN expected - t.settled END)                                       AS texts,
       CASE $2 WHEN 'sms' THEN coalesce(c.segments_expected, t.segments::real / nullif(t.sent, 0), 1) ELSE 1 END AS each
FROM   agency me
JOIN   agency g        ON sender_of($2, g) = sender_of($2, me)
JOIN   alert a         ON a.agency_id = g.id AND a.state = 'live' AND a.open
                      AND a.expires_at > now() AND a.frozen_at <= now()
JOIN   alert_content c ON c.alert_id = a.id AND c.version = a.version
CROSS  JOIN LATERAL (SELECT CASE $2 WHEN 'sms' THEN c.texts_expected ELSE c.calls_expected END AS expected) e
CROSS  JOIN LATERAL (SELECT bool_and(done_at IS NOT NULL) AS done FROM fan_out
                     WHERE  alert_id = a.id AND version = a.version AND channel = $2 AND not_before <= now()
                     HAVING count(*) > 0) f
CROSS  JOIN LATERAL (SELECT coalesce(sum(n) FILTER (WHERE bucket = -1 AND state  = 'pending'), 0)::int AS pending,
                            coalesce(sum(n) FILTER (WHERE bucket = -1 AND state <> 'pending'), 0)::int AS settled,
                            sum(n) FILTER (WHERE bucket = -2)                                          AS segments,
                            sum(n) FILTER (WHERE bucket >= 0 AND state = 'sent')                       AS sent
                     FROM  (SELECT state, bucket, n FROM tally
                            WHERE  alert_id = a.id AND alert_version = a.version AND channel = $2
                            UNION  ALL
                            SELECT state, bucket, n FROM tally_delta
                            WHERE  alert_id = a.id AND alert_version = a.version AND channel = $2) x) t
WHERE  me.id = $1
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an alert is meant for."""

    agency_id: UUID
    purpose: Purpose
    severity: Severity
    lane: Lane
    shapes: Sequence[Shape]


@dataclass(frozen=True, slots=True)
class Group:
    """So many deliveries on a channel, to members who read a language; of texts and calls also to which calling code."""

    channel: Channel
    language: str
    route: str
    n: int
    households: int = 0
    """In how many households they are; one that is in several groups counts in one of them."""
    time_zone: str = ""
    """Of calls: whose clock is on the wall."""


@dataclass(frozen=True, slots=True)
class Queued:
    """What of a live alert is to be sent as texts, or called, yet."""

    alert_id: UUID
    lane: Lane
    expires_at: datetime
    texts: int
    each: float
    """Segments of one, on average; a call is one."""


async def count(
    conn: Connection, audience: Audience, *, channels: Sequence[Channel], within: timedelta
) -> list[Group] | None:
    """Count the deliveries an alert would have if it went out now, or None where that takes longer than `within`.

    Nothing but the time is lost then: a transaction around it goes on.
    """
    outlines = [polygon_text(shape.outline) for shape in audience.shapes]
    holes = [
        (n, polygon_text(hole)) for n, shape in enumerate(audience.shapes, start=1) for hole in shape.holes
    ]
    inner = conn.transaction()
    await inner.start()
    try:
        await conn.execute(f"SET LOCAL statement_timeout = {int(within.total_seconds() * 1000)}")
        rows = await conn.fetch(
            AUDIENCE,
            audience.agency_id,
            audience.purpose,
            audience.severity,
            audience.lane,
            outlines,
            [n for n, _ in holes],
            [hole for _, hole in holes],
            list(channels),
        )
    except asyncpg.QueryCanceledError:
        return None
    finally:
        await inner.rollback()  # the time limit goes with it
    return [Group(**{**row, "channel": Channel(row["channel"])}) for row in rows]


async def queue(conn: Connection, *, agency_id: UUID, channel: Channel = Channel.SMS) -> list[Queued]:
    """What waits for the sender that this agency's texts, or calls, come from, whichever agency posted it."""
    rows = await conn.fetch(QUEUE, agency_id, channel.value)
    return [Queued(**{**row, "lane": Lane(row["lane"])}) for row in rows]


async def time_zone_of(conn: Connection, alert_id: UUID) -> str | None:
    """Where somebody lives whom an alert is for; None where that is nobody yet."""
    zone: str | None = await conn.fetchval(
        f"""SELECT m.time_zone FROM (SELECT id FROM alert WHERE id = $1 OFFSET 0) a JOIN delivery d ON {RANGE}
            JOIN   member m ON m.id = d.member_id
            LIMIT  1""",
        alert_id,
    )
    return zone
