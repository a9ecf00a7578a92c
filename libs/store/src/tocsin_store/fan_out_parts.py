"""Parts of a large fan-out: ranges of members, so that several connections are at it."""

from typing import Final
from uuid import UUID

from tocsin_store.audience import EVERY_POINT
from tocsin_store.pool import Connection, Row

_MANY: Final = 5
_CHUNKS: Final = 2**24
"""The chunks of a part are counted from its number times this."""
_MOST: Final = 2**31 // _CHUNKS - 1

_WHOLE: Final = "alert_id = $1 AND version = $2 AND wave = $3 AND channel = $4"

# Members are many where a statistic of their ids has several between both ends: it tells the middle, too.
SPLIT: Final = f"""
WITH me AS (
    SELECT * FROM fan_out WHERE {_WHOLE} AND part = $5
), parts AS MATERIALIZED (
    SELECT max(part) + 1 AS next FROM fan_out WHERE {_WHOLE}
    HAVING count(*) FILTER (WHERE done_at IS NULL) < $6 AND max(part) < {_MOST}
), middle AS (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY member) AS member
    FROM   me JOIN (SELECT unnest(histogram_bounds::text::uuid[]) AS member FROM pg_stats
                    WHERE  schemaname = current_schema() AND tablename = 'place' AND attname = 'member_id') known
                ON member > after_member AND member < until_member
    WHERE  EXISTS (SELECT FROM parts)
    HAVING count(*) >= {_MANY}
), lower AS (
    UPDATE fan_out SET until_member = middle.member FROM middle WHERE {_WHOLE} AND part = $5
)
INSERT INTO fan_out (alert_id, version, wave, channel, part, lane, created_at, not_before,
                     after_member, after_point, until_member, chunks)
SELECT alert_id, version, wave, channel, next, lane, created_at, not_before,
       middle.member, '{EVERY_POINT}', until_member, next * {_CHUNKS}
FROM   me CROSS JOIN middle CROSS JOIN parts
RETURNING true
"""


async def split_off(connection: Connection, *, fan_out: Row, parts: int) -> bool:
    """Leave the upper half of what is left of a part to others, where that is much and fewer than `parts` are open.

    Only in the first step of a plan, and where no sender's pace is the limit anyway.
    """
    if parts == 1 or fan_out["wave"] or fan_out["rate"] is not None:
        return False
    return bool(await connection.fetchval(SPLIT, *part_key_of(fan_out), parts))


def key_of(fan_out: Row) -> tuple[UUID, int, int, str]:
    """Which fan-out."""
    return fan_out["alert_id"], fan_out["version"], fan_out["wave"], fan_out["channel"]


def part_key_of(fan_out: Row) -> tuple[UUID, int, int, str, int]:
    """Which part of it."""
    return *key_of(fan_out), fan_out["part"]
