"""Fan-out: the audience of an alert becomes deliveries, one chunk a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_schemas.words import RANK, State
from tocsin_store.chunks import CHUNK
from tocsin_store.gate import ALERT
from tocsin_store.pool import Connection, Pool, Row
from tocsin_store.waves import deliveries_of

CHUNK_LIMIT: Final = 2_000
"""Most deliveries of a chunk: about 25 ms, so that an urgent alert never waits for more."""

_LEAST_PACED: Final = 40
_MOST_PACED: Final = 500
_PACED_SECONDS: Final = 10
"""Of a paced sender a chunk is what goes in so long, so that its window on the log is never much exceeded; of one a
second the least is what may be in hand at a time."""

_NOBODY: Final = UUID(int=0)
_DONE: Final = True

NEXT: Final = """
SELECT f.alert_id, f.version, wave, channel, f.lane, after_member, after_point, chunks, only_contact_point,
       rate_of(channel, g) AS rate, stops_at, wave > 0 AND over AS too_late
FROM   fan_out f JOIN alert a ON a.id = f.alert_id JOIN agency g ON g.id = a.agency_id
CROSS  JOIN LATERAL (SELECT f.version <> a.version OR NOT a.open OR a.expires_at <= now() AS over) ended
CROSS  JOIN receipts_mark mark
WHERE  done_at IS NULL AND NOT reached AND not_before <= now() AND (wave = 0 OR over OR not_before <= mark.passed_at)
ORDER  BY f.lane, f.version <> a.version OR NOT a.open, f.created_at, channel -- what is only accounted for can wait
LIMIT  1
FOR UPDATE OF f SKIP LOCKED
"""

IS_SMALL: Final = """
SELECT count(*) <= $3 FROM (
    SELECT FROM alert_shape s JOIN place p ON p.location <@ s.outline
    WHERE  s.alert_id = $1 AND s.version = $2 LIMIT $3 + 1) x
"""

# A small audience comes from the places inside, by GiST, in one page.
_SMALL: Final = """
    SELECT DISTINCT p.member_id AS id
    FROM   shape s JOIN place p ON p.location <@ s.outline
                               AND NOT EXISTS (SELECT FROM unnest(s.holes) hole WHERE p.location <@ hole)
"""

# A large one pages over the members, with geometry as a filter: paging the GiST query would repeat it.
# LIMIT 1 and OFFSET 0 keep the planner from turning the probes around.
_LARGE: Final = """
    SELECT m.id
    FROM   (SELECT id FROM member WHERE id >= $6 ORDER BY id) m
    CROSS  JOIN LATERAL (SELECT FROM (SELECT location FROM place WHERE member_id = m.id OFFSET 0) p
                         JOIN   shape s ON p.location <@ s.outline
                                       AND NOT EXISTS (SELECT FROM unnest(s.holes) hole WHERE p.location <@ hole)
                         LIMIT  1) inside
"""

# An audience of one: who wrote to us; where they are does not matter.
_ONE: Final = "SELECT member_id AS id FROM contact_point WHERE id = $9"

# Members whom an earlier wave failed; they were in the audience then.
_THESE: Final = "SELECT unnest($9::uuid[]) AS id"

_PAGE: Final = """
WITH {alert}, shape AS MATERIALIZED (
    SELECT outline, holes FROM alert_shape WHERE alert_id = $1 AND version = $2
), everybody AS MATERIALIZED (
    SELECT m.id AS member_id, cp.id AS contact_point_id
    FROM   a CROSS JOIN LATERAL ({candidates}) m
    CROSS  JOIN LATERAL (SELECT FROM consent c
                         WHERE  c.member_id = m.id AND c.agency_id = a.agency_id AND c.purpose = a.purpose
                           AND  c.channel = $4 AND c.valid_from <= a.frozen_at
                           AND  (c.valid_until IS NULL OR c.valid_until > a.frozen_at)
                         LIMIT  1) granted
    CROSS  JOIN LATERAL (SELECT p.id FROM contact_point p
                         WHERE  p.member_id = m.id AND p.channel = $4 AND p.confirmed_at <= a.frozen_at {only}
                           AND  p.valid_from <= a.frozen_at
                           AND  (p.valid_until IS NULL OR p.valid_until > a.frozen_at)
                         OFFSET 0) cp
    WHERE  (m.id, cp.id) > ($6, $7)
    ORDER  BY m.id, cp.id
    LIMIT  $8
), met AS MATERIALIZED ({met}), page AS MATERIALIZED (SELECT member_id, contact_point_id FROM met WHERE {which})
"""

# What has become of a member in earlier waves. In the first one nothing has.
_NOTHING: Final = "SELECT *, 0 AS n, false AS reached, false AS failed FROM everybody"
_EARLIER: Final = f"""
    SELECT everybody.*, earlier.* FROM everybody CROSS JOIN a
    CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(bool_or(state_rank(s.state) >= {{stops_at}}), false) AS reached,
                               coalesce(bool_and(state_rank(s.state) = {RANK[State.FAILED]}), false) AS failed
                        FROM {deliveries_of("everybody.member_id", version="$2", last_wave="$3 - 1")}) earlier
"""

_SEEN: Final = """
SELECT (SELECT n FROM made_n) AS made, count(*) AS seen,
       (SELECT member_id FROM met ORDER BY member_id DESC LIMIT 1) AS last_member,
       (SELECT contact_point_id FROM met ORDER BY member_id DESC, contact_point_id DESC LIMIT 1) AS last_point,
       count(DISTINCT member_id) FILTER (WHERE n = 0 AND member_id <> $6) AS members -- one cut in two by a page counts once
FROM   met
"""

PROGRESS: Final = """
UPDATE fan_out
SET    after_member = coalesce($5, after_member), after_point = coalesce($6, after_point), chunks = chunks + 1,
       members = members + $7, done_at = CASE WHEN $8 THEN now() END
WHERE  alert_id = $1 AND version = $2 AND wave = $3 AND channel = $4
"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one pass of a fan-out did."""

    alert_id: UUID
    deliveries: int
    finished: bool
    """Whether the whole fan-out is done."""


async def insert_chunk(pool: Pool, *, limit: int = CHUNK_LIMIT) -> Chunk | None:
    """Insert the next chunk of the most urgent fan-out: rows, chunk, tally and progress in one transaction.

    Returns:
        What was done, or None where nothing is left or another replica is at it.

    Raises:
        UNAVAILABLE: Nothing was done.
    """
    async with pool.acquire() as connection, connection.transaction():
        fan_out = await connection.fetchrow(NEXT)
        if fan_out is None:
            return None
        if fan_out["too_late"]:
            await connection.execute(PROGRESS, *_key(fan_out), None, None, 0, _DONE)
            return Chunk(fan_out["alert_id"], 0, finished=True)
        most = _limit(fan_out, limit)
        page = await _insert_next(connection, fan_out=fan_out, limit=most)
        finished = page["seen"] < most
        await connection.execute(
            PROGRESS, *_key(fan_out), page["last_member"], page["last_point"], page["members"], finished
        )
        return Chunk(fan_out["alert_id"], page["made"], finished=finished)


async def insert_early(connection: Connection, *, fan_out: Row, members: Sequence[UUID]) -> int:
    """Insert a later wave's deliveries to those of these members whom every earlier one failed, before its time.

    Args:
        connection: In a transaction.
        fan_out: Its row, locked: the columns of `NEXT`.
        members: So few that they are one chunk.

    Returns:
        How many there were; those that were there before are none.
    """
    page = await _insert_page(
        connection,
        (_THESE, "", _EARLIER.format(stops_at=fan_out["stops_at"]), "failed"),
        *_key(fan_out),
        fan_out["chunks"],
        _NOBODY,
        _NOBODY,
        2**31 - 1,
        members,
    )
    await connection.execute(PROGRESS, *_key(fan_out), None, None, page["members"], not _DONE)
    return int(page["made"])


async def _insert_next(connection: Connection, *, fan_out: Row, limit: int) -> Row:
    one: UUID | None = fan_out["only_contact_point"]
    met = _EARLIER.format(stops_at=fan_out["stops_at"]) if fan_out["wave"] else _NOTHING
    if one is None:
        candidates, only = await _candidates(connection, fan_out=fan_out, limit=limit), ""
    else:
        candidates, only = _ONE, "AND p.id = $9"
    return await _insert_page(
        connection,
        (candidates, only, met, "NOT reached"),
        *_key(fan_out),
        fan_out["chunks"],
        fan_out["after_member"],
        fan_out["after_point"],
        limit,
        *([] if one is None else [one]),
    )


async def _insert_page(connection: Connection, parts: tuple[str, str, str, str], *arguments: object) -> Row:
    """Insert a chunk of those candidates for whom, by what they met, it is meant."""
    candidates, only, met, which = parts
    statement = (
        _PAGE.format(alert=ALERT, candidates=candidates, only=only, met=met, which=which) + CHUNK + _SEEN
    )
    row = await connection.fetchrow(statement, *arguments)
    if row is None:
        raise RuntimeError("a chunk answers with one row")
    return row


def _key(fan_out: Row) -> tuple[UUID, int, int, str]:
    return fan_out["alert_id"], fan_out["version"], fan_out["wave"], fan_out["channel"]


async def _candidates(connection: Connection, *, fan_out: Row, limit: int) -> str:
    """Who may be in the audience, in SQL."""
    alert = (fan_out["alert_id"], fan_out["version"])
    small = fan_out["after_member"] == _NOBODY and await connection.fetchval(IS_SMALL, *alert, limit)
    return _SMALL if small else _LARGE


def _limit(fan_out: Row, limit: int) -> int:
    rate: int | None = fan_out["rate"]
    if rate is None:
        return limit
    return min(limit, max(_LEAST_PACED, min(rate * _PACED_SECONDS, _MOST_PACED)))
