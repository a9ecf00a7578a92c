"""The audience of an alert, page by page: who is inside, consented, and has an address on a channel."""

from typing import Final
from uuid import UUID

_PLACES: Final = "greatest(50 * $8::bigint, 5000)"
"""So many places are looked at for a page at most: where few are inside, a page must end, too."""
_INSIDERS: Final = "greatest($8, 2000)"
"""So many of them who are inside, whether they consented or not: small pages are full, too, where not everybody did."""

EVERY_POINT: Final = UUID(int=2**128 - 1)
"""Of a member: all contact points are before it."""

IS_SMALL: Final = """
SELECT count(*) <= $3 FROM (
    SELECT FROM alert_shape s JOIN place p ON p.location <@ s.outline
    WHERE  s.alert_id = $1 AND s.version = $2 LIMIT $3 + 1) x
"""

# A long outline is stored apart and compressed: read it once, and not again at each place.
_SHAPE: Final = """
    SELECT box(outline) AS bounds, polygon(path(outline)) AS outline,
           ARRAY(SELECT polygon(path(hole)) FROM unnest(holes) hole) AS holes
    FROM   alert_shape WHERE alert_id = $1 AND version = $2
"""

_INSIDE: Final = """s.bounds @> p.location AND p.location <@ s.outline
                AND (cardinality(s.holes) = 0 OR NOT EXISTS (SELECT FROM unnest(s.holes) hole WHERE p.location <@ hole))"""

# A small audience comes from the places inside, by GiST, in one page.
SMALL: Final = f"""shape AS MATERIALIZED ({_SHAPE}
), inside AS MATERIALIZED (
    SELECT DISTINCT p.member_id AS id FROM shape s JOIN place p ON {_INSIDE}
)"""

# A large one pages over the places, by member as far as $9, with geometry as a filter: to page the GiST query repeats it.
LARGE: Final = f"""shape AS MATERIALIZED ({_SHAPE}
), around AS MATERIALIZED (
    SELECT box(point(max((bounds[0])[0]), max((bounds[0])[1])),
               point(min((bounds[1])[0]), min((bounds[1])[1]))) AS all_shapes
    FROM   shape
), looked AS MATERIALIZED ( -- as far as `inside` asks for them; a member's places together
    SELECT member_id, location FROM place
    WHERE  member_id >= $6 AND (member_id, '{EVERY_POINT}'::uuid) > ($6, $7) AND member_id <= $9
    ORDER  BY member_id FETCH FIRST ({_PLACES}) ROWS WITH TIES
), inside AS MATERIALIZED (
    SELECT p.member_id AS id
    FROM   looked p
    WHERE (SELECT all_shapes FROM around) @> p.location AND EXISTS (SELECT FROM shape s WHERE {_INSIDE})
    ORDER  BY 1 LIMIT {_INSIDERS} + 1 -- the first may be the last of the page before
)"""

FURTHER: Final = f"""
CASE WHEN (SELECT count(*) FROM inside) > {_INSIDERS} THEN (SELECT id FROM inside ORDER BY 1 DESC LIMIT 1)
     WHEN (SELECT count(*) FROM looked) >= {_PLACES} THEN (SELECT member_id FROM looked ORDER BY 1 DESC LIMIT 1)
END"""
"""Where a large audience goes on after a page that was not cut: up to this member all are dealt with. Null: nowhere."""

# An audience of one: who wrote to us; where they are does not matter.
ONE: Final = "inside AS MATERIALIZED (SELECT member_id AS id FROM contact_point WHERE id = $9)"

# Members whom an earlier wave failed; they were in the audience then.
THESE: Final = "inside AS MATERIALIZED (SELECT unnest($9::uuid[]) AS id)"

# After `a` (the alert); $4 channel, and from above member $6 and contact point $7 on $8 rows at most. Each step is one
# scan of an index by an array of members: it goes along where they lie close, and leaps where they do not.
AUDIENCE: Final = """{inside}, granted AS MATERIALIZED (
    SELECT c.member_id
    FROM   a JOIN consent c ON c.agency_id = a.agency_id AND c.purpose = a.purpose AND c.valid_from <= a.frozen_at
                           AND (c.valid_until IS NULL OR c.valid_until > a.frozen_at)
    WHERE  c.member_id = ANY(ARRAY(SELECT id FROM inside)) AND c.channel = $4
), everybody AS (
    SELECT p.member_id, p.id AS contact_point_id, p.channel, p.address
    FROM   a JOIN contact_point p ON p.confirmed_at <= a.frozen_at AND p.valid_from <= a.frozen_at
                                 AND (p.valid_until IS NULL OR p.valid_until > a.frozen_at)
    WHERE  p.member_id = ANY(ARRAY(SELECT member_id FROM granted)) AND p.channel = $4 {only}
      AND  (p.member_id, p.id) > ($6, $7)
    ORDER  BY 1, 2
    LIMIT  $8
)"""
