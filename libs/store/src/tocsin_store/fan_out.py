"""Fan-out: the audience of an alert becomes deliveries, one chunk a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from tocsin_schemas.words import RANK, State
from tocsin_store.audience import AUDIENCE, EVERY_POINT, FURTHER, IS_SMALL, LARGE, ONE, SMALL, THESE
from tocsin_store.chunks import CHUNK, NEW_CHUNK
from tocsin_store.fan_out_parts import key_of, part_key_of, split_off
from tocsin_store.gate import ALERT
from tocsin_store.pool import Connection, Pool, Row
from tocsin_store.waves import deliveries_of

CHUNK_LIMIT: Final = 2_000
"""Most deliveries of a chunk: about 50 ms, so that an urgent alert never waits for more."""

_LEAST_PACED: Final = 40
_MOST_PACED: Final = 500
_PACED_SECONDS: Final = 10
"""Of a paced sender a chunk is what goes in so long, so that its window on the log is never much exceeded; of one a
second the least is what may be in hand at a time."""

_NOBODY: Final = UUID(int=0)
_DONE: Final = True

NEXT: Final = """
SELECT f.alert_id, f.version, wave, channel, part, after_member, after_point, until_member, chunks, only_contact_point,
       rate_of(channel, g) AS rate, stops_at, wave > 0 AND over AS too_late
FROM   fan_out f JOIN alert a ON a.id = f.alert_id JOIN agency g ON g.id = a.agency_id
CROSS  JOIN LATERAL (SELECT f.version <> a.version OR NOT a.open OR a.expires_at <= now() AS over) ended
CROSS  JOIN receipts_mark mark
WHERE  done_at IS NULL AND NOT reached AND not_before <= now() AND (wave = 0 OR over OR not_before <= mark.passed_at)
ORDER  BY f.lane, f.version <> a.version OR NOT a.open, f.created_at, channel, part -- what is only accounted for can wait
LIMIT  1
FOR UPDATE OF f SKIP LOCKED
"""

_PAGE: Final = f"""
WITH {ALERT}, {AUDIENCE}, met AS MATERIALIZED ({{met}}), page AS (
    SELECT member_id, contact_point_id, channel, address FROM met WHERE {{which}}
)
"""

# What has become of a member in earlier waves. In the first one nothing has.
NOTHING: Final = "SELECT *, 0 AS n, false AS reached, false AS failed FROM everybody"
_EARLIER: Final = f"""
    SELECT everybody.*, earlier.* FROM everybody CROSS JOIN a
    CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(bool_or(state_rank(s.state) >= {{stops_at}}), false) AS reached,
                               coalesce(bool_and(state_rank(s.state) = {RANK[State.FAILED]}), false) AS failed
                        FROM {deliveries_of("everybody.member_id", version="$2", last_wave="$3 - 1")}) earlier
"""

_SEEN: Final = """
SELECT (SELECT n FROM made_n) AS made, count(*) AS seen, {further} AS further,
       (SELECT ARRAY[member_id, contact_point_id] FROM met ORDER BY member_id DESC, contact_point_id DESC LIMIT 1) AS last,
       count(DISTINCT member_id) FILTER (WHERE n = 0 AND member_id <> $6) AS members -- one cut in two by a page counts once
FROM   met
"""

PROGRESS: Final = """
UPDATE fan_out
SET    after_member = coalesce($6, after_member), after_point = coalesce($7, after_point), chunks = chunks + 1,
       members = members + $8, done_at = CASE WHEN $9 THEN now() END
WHERE  alert_id = $1 AND version = $2 AND wave = $3 AND channel = $4 AND part = $5
"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one pass of a fan-out did."""

    alert_id: UUID
    deliveries: int
    finished: bool
    """Whether the whole fan-out is done, or this part of it."""
    split: bool = False
    """Whether there is another part from now on."""


@dataclass(frozen=True, slots=True)
class Page:
    """A chunk of those inside for whom, by what they met, it is meant; all of it SQL."""

    inside: str
    met: str
    which: str
    chunk: str
    only: str = ""

    @property
    def statement(self) -> str:
        """Insert the chunk and tell of it; $9 is what `inside` asks for."""
        further = FURTHER if self.inside is LARGE else "NULL::uuid"
        page = _PAGE.format(inside=self.inside, only=self.only, met=self.met, which=self.which)
        return page + self.chunk + _SEEN.format(further=further)


async def insert_chunk(pool: Pool, *, limit: int = CHUNK_LIMIT, parts: int = 1) -> Chunk | None:
    """Insert the next chunk of the most urgent fan-out: rows, chunk, tally and progress in one transaction.

    Args:
        pool: Connections.
        limit: Most deliveries of a chunk.
        parts: Into how many a large fan-out is split, so that as many callers are at it.

    Returns:
        What was done, or None where nothing is left or another replica is at it.

    Raises:
        UNAVAILABLE: Nothing was done.
    """
    try:
        return await _insert_chunk(pool, limit=limit, parts=parts, first_wave=NEW_CHUNK)
    except asyncpg.UniqueViolationError:  # its progress was set back: some of its rows are there
        return await _insert_chunk(pool, limit=limit, parts=parts, first_wave=CHUNK)


async def _insert_chunk(pool: Pool, *, limit: int, parts: int, first_wave: str) -> Chunk | None:
    async with pool.acquire() as connection, connection.transaction():
        fan_out = await connection.fetchrow(NEXT)
        if fan_out is None:
            return None
        if fan_out["too_late"]:
            await connection.execute(PROGRESS, *part_key_of(fan_out), None, None, 0, _DONE)
            return Chunk(fan_out["alert_id"], 0, finished=True)
        most = _limit(fan_out, limit)
        chunk = CHUNK if fan_out["wave"] else first_wave
        page = await _insert_next(connection, fan_out=fan_out, limit=most, chunk=chunk)
        after = _after(page, limit=most)
        await connection.execute(
            PROGRESS, *part_key_of(fan_out), *(after or (None, None)), page["members"], after is None
        )
        split = after is not None and await split_off(connection, fan_out=fan_out, parts=parts)
        return Chunk(fan_out["alert_id"], page["made"], finished=after is None, split=split)


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
        Page(THESE, _EARLIER.format(stops_at=fan_out["stops_at"]), "failed", CHUNK),
        *key_of(fan_out),
        fan_out["chunks"],
        _NOBODY,
        _NOBODY,
        2**31 - 1,
        members,
    )
    await connection.execute(PROGRESS, *part_key_of(fan_out), None, None, page["members"], not _DONE)
    return int(page["made"])


async def _insert_next(connection: Connection, *, fan_out: Row, limit: int, chunk: str) -> Row:
    met = _EARLIER.format(stops_at=fan_out["stops_at"]) if fan_out["wave"] else NOTHING
    inside = await _inside(connection, fan_out=fan_out, limit=limit)
    asked = {LARGE: "until_member", ONE: "only_contact_point"}.get(inside)
    return await _insert_page(
        connection,
        Page(inside, met, "NOT reached", chunk, "AND p.id = $9" if inside is ONE else ""),
        *key_of(fan_out),
        fan_out["chunks"],
        fan_out["after_member"],
        fan_out["after_point"],
        limit,
        *([] if asked is None else [fan_out[asked]]),
    )


async def _insert_page(connection: Connection, page: Page, *arguments: object) -> Row:
    row = await connection.fetchrow(page.statement, *arguments)
    if row is None:
        raise RuntimeError("a chunk answers with one row")
    return row


def _after(page: Row, *, limit: int) -> tuple[UUID, UUID] | None:
    """The member and contact point up to whom all is dealt with; None where everything is."""
    if page["seen"] == limit:
        member, point = page["last"]
        return member, point
    return None if page["further"] is None else (page["further"], EVERY_POINT)


async def _inside(connection: Connection, *, fan_out: Row, limit: int) -> str:
    """Who may be in the audience, in SQL."""
    if fan_out["only_contact_point"] is not None:
        return ONE
    alert = (fan_out["alert_id"], fan_out["version"])
    small = fan_out["after_member"] == _NOBODY and await connection.fetchval(IS_SMALL, *alert, limit)
    return SMALL if small else LARGE


def _limit(fan_out: Row, limit: int) -> int:
    rate: int | None = fan_out["rate"]
    if rate is None:
        return limit
    return min(limit, max(_LEAST_PACED, min(rate * _PACED_SECONDS, _MOST_PACED)))
