"""Corrections: the next version goes to those whom earlier ones reached, on the channel that reached them.

Reached is who was handed a message that nobody provably refused. One that is claimed just now may become reached, so a
pass over the old deliveries is followed by passes over those it met claimed, until none is: one slow row holds nobody
else. (Nothing of an earlier version is claimed any more: what was met otherwise stays as it was.)
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_store.chunks import CHUNK
from tocsin_store.fan_out import CHUNK_LIMIT, Chunk
from tocsin_store.gate import ALERT
from tocsin_store.pool import Pool
from tocsin_store.telling import RANGE, REACHED

_WITHOUT_BARRIER: Final = "done_at IS NULL AND reached AND barrier IS NULL"
_BEHIND: Final = "WHERE done_at IS NULL AND reached AND NOT barrier_passed AND barrier = $1"

NEXT: Final = """
SELECT alert_id, version, wave, channel, after_delivery, chunks, claimed IS NULL AS first_pass
FROM   fan_out
WHERE  done_at IS NULL AND reached AND barrier_passed
ORDER  BY lane, created_at, channel
LIMIT  1
FOR UPDATE SKIP LOCKED
"""

_ALL: Final = f"SELECT d.* FROM delivery d, a WHERE {RANGE} AND d.id > $6"
_MET_CLAIMED: Final = """
    SELECT d.* FROM (SELECT DISTINCT unnest(claimed) AS id FROM fan_out
                     WHERE  alert_id = $1 AND version = $2 AND wave = $3 AND channel = $4) u
    CROSS JOIN LATERAL (SELECT * FROM delivery WHERE id = u.id OFFSET 0) d
    WHERE d.id > $6
"""

_PAGE: Final = """
WITH {alert}, old AS MATERIALIZED (
    SELECT d.id, d.member_id, d.contact_point_id, d.work, d.alert_version < $2 AND d.channel = $4 AS earlier,
           {reached} AS reached
    FROM   ({deliveries}) d
    ORDER  BY d.id LIMIT $7
), page AS (
    SELECT o.member_id, o.contact_point_id, p.channel, p.address
    FROM  (SELECT DISTINCT member_id, contact_point_id FROM old WHERE earlier AND reached AND work <> 'claimed') o
    CROSS  JOIN LATERAL (SELECT channel, address FROM contact_point WHERE id = o.contact_point_id OFFSET 0) p
)
"""

_SEEN: Final = """
SELECT (SELECT n FROM made_n) AS made, (SELECT count(*) FROM old) AS seen,
       (SELECT id FROM old ORDER BY id DESC LIMIT 1) AS last,
       ARRAY(SELECT id FROM old WHERE earlier AND work = 'claimed') AS claimed,
       (SELECT count(DISTINCT member_id) FROM made         -- one with a delivery from an earlier page counted there
        WHERE  NOT EXISTS (SELECT FROM contact_point p
                           CROSS JOIN LATERAL (SELECT FROM delivery
                                               WHERE id = delivery_id($1, $2, made.member_id, p.id, $3) OFFSET 0) d
                           WHERE p.member_id = made.member_id AND p.channel = $4)) AS members
"""

PROGRESS: Final = """
UPDATE fan_out
SET    chunks = chunks + 1, members = members + $5,
       claimed        = CASE WHEN $8 THEN met_claimed || $7::uuid[] ELSE claimed END,
       met_claimed    = CASE WHEN $8 THEN '{}' ELSE met_claimed || $7::uuid[] END,
       after_delivery = CASE WHEN $8 THEN '00000000-0000-0000-0000-000000000000' ELSE $6::uuid END,
       barrier        = CASE WHEN $8 THEN NULL ELSE barrier END,
       barrier_passed = barrier_passed AND NOT $8,
       done_at        = CASE WHEN $8 AND cardinality(met_claimed || $7::uuid[]) = 0 THEN now() END
WHERE  alert_id = $1 AND version = $2 AND wave = $3 AND channel = $4
RETURNING done_at IS NOT NULL
"""


async def newest_without_barrier(pool: Pool) -> datetime | None:
    """When the newest correction was posted whose next pass has no barrier yet; None where all have one."""
    newest: datetime | None = await pool.fetchval(
        f"SELECT max(created_at) FROM fan_out WHERE {_WITHOUT_BARRIER}"
    )
    return newest


async def set_barrier(pool: Pool, ends: Mapping[int, int], *, until: datetime) -> None:
    """Let the next pass of corrections posted by then begin once the merge has reached these offsets of `receipts`.

    Args:
        pool: Connections.
        ends: By partition, read after `until`.
        until: What `newest_without_barrier` told.
    """
    await pool.execute(
        f"UPDATE fan_out SET barrier = $1 WHERE {_WITHOUT_BARRIER} AND created_at <= $2",
        _stored(ends),
        until,
    )


async def barriers(pool: Pool) -> list[Mapping[int, int]]:
    """The barriers of corrections that are not known to be passed, each once."""
    rows = await pool.fetch(
        """SELECT DISTINCT barrier FROM fan_out
           WHERE  done_at IS NULL AND reached AND NOT barrier_passed AND barrier IS NOT NULL"""
    )
    return [{int(partition): end for partition, end in row["barrier"].items()} for row in rows]


async def pass_barrier(pool: Pool, ends: Mapping[int, int]) -> None:
    """Let the corrections behind this barrier begin their pass."""
    await pool.execute(f"UPDATE fan_out SET barrier_passed = true {_BEHIND}", _stored(ends))


async def take_barrier_back(pool: Pool, ends: Mapping[int, int]) -> None:
    """Let the corrections behind this barrier, which can never be passed, get another."""
    await pool.execute(f"UPDATE fan_out SET barrier = NULL {_BEHIND}", _stored(ends))


def _stored(ends: Mapping[int, int]) -> dict[str, int]:
    return {str(partition): end for partition, end in ends.items()}


async def insert_reached(pool: Pool, *, limit: int = CHUNK_LIMIT) -> Chunk | None:
    """Insert the next chunk of the most urgent correction whose barrier is passed; None where none is.

    Raises:
        UNAVAILABLE: Nothing was done.
    """
    async with pool.acquire() as connection, connection.transaction():
        fan_out = await connection.fetchrow(NEXT)
        if fan_out is None:
            return None
        key: tuple[UUID, int, int, str] = (
            fan_out["alert_id"],
            fan_out["version"],
            fan_out["wave"],
            fan_out["channel"],
        )
        page = await connection.fetchrow(
            _PAGE.format(
                alert=ALERT, reached=REACHED, deliveries=_ALL if fan_out["first_pass"] else _MET_CLAIMED
            )
            + CHUNK
            + _SEEN,
            *key,
            fan_out["chunks"],
            fan_out["after_delivery"],
            limit,
        )
        if page is None:
            raise RuntimeError("a chunk answers with one row")
        finished = await connection.fetchval(
            PROGRESS, *key, page["members"], page["last"], page["claimed"], page["seen"] < limit
        )
        return Chunk(fan_out["alert_id"], page["made"], finished=bool(finished))
