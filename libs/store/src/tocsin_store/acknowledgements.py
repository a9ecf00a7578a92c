"""Who says that they have seen an alert: what a message was, for its reader, and how many have seen it, for its sender."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Lane
from tocsin_store.inbound import Threaded
from tocsin_store.pool import Connection, Row
from tocsin_store.telling import RANGE, REACHED

# Whoever takes their consent back is no longer named to the agency, but what they say still counts.
FIND: Final = """
SELECT d.id AS delivery_id, d.channel, d.alert_id, d.alert_version, d.contact_point_id,
       d.state = 'acknowledged' AS acknowledged, CASE WHEN granted THEN d.member_id END AS member_id,
       a.agency_id, a.lane::text, g.name AS agency_name, m.language, v.body
FROM  (SELECT * FROM delivery WHERE id = $1 AND fence >= $2 OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id, lane FROM alert WHERE id = d.alert_id OFFSET 0) a
CROSS  JOIN LATERAL (SELECT name FROM agency WHERE id = a.agency_id OFFSET 0) g
CROSS  JOIN LATERAL (SELECT language FROM member WHERE id = d.member_id OFFSET 0) m
CROSS  JOIN LATERAL (SELECT body FROM alert_content WHERE alert_id = d.alert_id AND version = d.alert_version OFFSET 0) v
LEFT   JOIN LATERAL (SELECT true AS granted FROM consent
                     WHERE  member_id = d.member_id AND agency_id = a.agency_id AND channel = d.channel
                       AND  valid_from <= now() AND (valid_until IS NULL OR valid_until > now())
                     LIMIT  1) c ON true
"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message, as whoever got it can speak of it."""

    got: Threaded
    channel: Channel
    member_id: UUID | None
    """Whose it is; None where they have since taken their consent back."""
    acknowledged: bool
    """Whether it is known that they have seen it."""
    agency_name: str
    language: str
    """What the member reads."""
    body: Mapping[str, object]
    """What was said."""


async def find(conn: Connection, delivery_id: UUID, *, fence: int) -> Delivered | None:
    """What was sent by one attempt of a delivery; None where the ledger has it no more."""
    row = await conn.fetchrow(FIND, delivery_id, fence)
    if row is None:
        return None
    got = Threaded(
        agency_id=row["agency_id"],
        alert_id=row["alert_id"],
        sent_as=row["alert_id"],
        alert_version=row["alert_version"],
        delivery_id=row["delivery_id"],
        fence=fence,
        contact_point_id=row["contact_point_id"],
        lane=Lane(row["lane"]),
    )
    return Delivered(
        got=got,
        channel=Channel(row["channel"]),
        member_id=row["member_id"],
        acknowledged=row["acknowledged"],
        agency_name=row["agency_name"],
        language=row["language"],
        body=row["body"],
    )


# The rows of one alert, a range of the key; then one probe for each of their members. Each place is compared with the
# shapes of its strip alone, and exactly only with those whose box it is in. A version without shapes goes to those whom
# earlier ones reached: theirs are looked at.
COUNT: Final = f"""
WITH person AS MATERIALIZED (
    SELECT d.member_id AS id, bool_or({REACHED}) AS reached, bool_or(d.state = 'acknowledged') AS acknowledged
    FROM   (SELECT id FROM alert WHERE id = $1 OFFSET 0) a JOIN delivery d ON {RANGE}
    WHERE  d.alert_version = $2
    GROUP  BY 1
), shape AS MATERIALIZED (
    SELECT row_number() OVER () AS number, area, box(outline) AS box,
           outline::path::polygon AS outline, -- as it is in memory, not fetched anew for each place
           ARRAY(SELECT hole::path::polygon FROM unnest(holes) hole) AS holes
    FROM   alert_shape
    WHERE  alert_id = $1 AND area IS NOT NULL
      AND  version = (SELECT max(version) FROM alert_shape WHERE alert_id = $1 AND version <= $2)
), extent AS MATERIALIZED (
    SELECT min((box[1])[0]) AS west, max((box[0])[0]) AS east FROM shape
), strip AS MATERIALIZED (
    SELECT number, box, generate_series(width_bucket((box[1])[0], west, east, 16),
                                        width_bucket((box[0])[0], west, east, 16)) AS strip
    FROM   shape CROSS JOIN extent
), located AS MATERIALIZED (
    SELECT person.*, p.location, width_bucket(p.location[0], west, east, 16) AS strip
    FROM   person
    CROSS  JOIN LATERAL (SELECT location FROM place WHERE member_id = person.id OFFSET 0) p
    CROSS  JOIN extent
), near AS MATERIALIZED (
    SELECT located.*, number FROM located JOIN strip USING (strip) WHERE location <@ box
), inside AS (
    SELECT DISTINCT s.area, near.id, near.reached, near.acknowledged
    FROM   near JOIN shape s USING (number) -- CASE: what is dear is asked last, however they are joined
    WHERE  CASE WHEN location <@ s.outline THEN NOT EXISTS (SELECT FROM unnest(s.holes) hole WHERE location <@ hole) END
), counted AS (
    SELECT   area, count(*) AS members, count(*) FILTER (WHERE reached) AS reached,
             count(*) FILTER (WHERE acknowledged) AS acknowledged
    FROM     inside GROUP BY area
)
SELECT NULL::smallint AS area, count(*) AS members, count(*) FILTER (WHERE reached) AS reached,
       count(*) FILTER (WHERE acknowledged) AS acknowledged, now() AS as_of
FROM   person
UNION  ALL
SELECT area, coalesce(members, 0), coalesce(reached, 0), coalesce(acknowledged, 0), now()
FROM   (SELECT DISTINCT area FROM shape) every LEFT JOIN counted USING (area)
ORDER  BY area NULLS FIRST
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many members an alert version is meant for, has reached, and was acknowledged by on any channel."""

    members: int
    reached: int
    acknowledged: int


@dataclass(frozen=True, slots=True)
class Counts:
    """A snapshot. Who is in several areas counts in each; who is in none any more counts in none."""

    as_of: datetime
    in_all: Count
    by_area: Mapping[int, Count]
    """By the area's place in the list as it was posted."""


async def count(conn: Connection, alert_id: UUID, *, version: int) -> Counts:
    """Count the members of an alert version from the ledger as it is now; suppressed ones included.

    It reads each delivery of the alert once and probes the places of each member once. 50,000 members with one place
    each took 0.6 to 1 s of a core on a busy machine, in 10 areas of 500 corners as in 200, with statistics or without.
    """
    total, *areas = await conn.fetch(COUNT, alert_id, version)
    return Counts(total["as_of"], _count(total), {row["area"]: _count(row) for row in areas})


def _count(row: Row) -> Count:
    return Count(row["members"], row["reached"], row["acknowledged"])
