"""Members for whom a step of a plan failed for good move on to the next one at once, before its time."""

from typing import Final

from tocsin_schemas.words import RANK, State
from tocsin_store.fan_out import Chunk, insert_early
from tocsin_store.pool import Pool
from tocsin_store.waves import deliveries_of

_MOST: Final = 500

NEXT: Final = """
SELECT m.alert_id, m.version, m.wave FROM moving_on m ORDER BY m.alert_id, m.version, m.wave LIMIT 1 FOR UPDATE SKIP LOCKED
"""

TAKE: Final = """
DELETE FROM moving_on
WHERE  alert_id = $1 AND version = $2 AND wave = $3 AND member_id IN (
           SELECT member_id FROM moving_on WHERE alert_id = $1 AND version = $2 AND wave = $3
           ORDER BY member_id LIMIT $4 FOR UPDATE SKIP LOCKED)
RETURNING member_id
"""

# A step that is done has them already, or left them out; one of an alert that ended has nobody any more.
OPEN: Final = """
SELECT f.alert_id, f.version, f.wave, f.channel, f.part, f.chunks, f.stops_at
FROM   fan_out f JOIN alert a ON a.id = f.alert_id AND a.version = f.version AND a.open AND a.expires_at > now()
WHERE  f.alert_id = $1 AND f.version = $2 AND f.wave = $3 AND f.done_at IS NULL
ORDER  BY f.channel
FOR    UPDATE OF f
"""

# Whom the next step cannot reach either, or has failed already, goes on to the one after it.
FURTHER: Final = f"""
INSERT INTO moving_on (alert_id, version, wave, member_id)
SELECT a.id, $2, $3, m.id
FROM   alert a CROSS JOIN unnest($4::uuid[]) m(id)
WHERE  a.id = $1 AND $3 < a.last_wave
  AND  NOT EXISTS (SELECT FROM {deliveries_of("m.id", version="$2", last_wave="$3")}
                   AND state_rank(s.state) <> {RANK[State.FAILED]})
ON CONFLICT DO NOTHING
"""


async def move_on(pool: Pool) -> Chunk | None:
    """Give some of those who wait for it the next step of their plan; None where nobody does.

    Raises:
        UNAVAILABLE: Nothing was done.
    """
    async with pool.acquire() as connection, connection.transaction():
        first = await connection.fetchrow(NEXT)
        if first is None:
            return None
        alert_id, version, wave = first["alert_id"], first["version"], first["wave"]
        members = [row["member_id"] for row in await connection.fetch(TAKE, alert_id, version, wave, _MOST)]
        steps = await connection.fetch(OPEN, alert_id, version, wave + 1)
        made = [await insert_early(connection, fan_out=step, members=members) for step in steps]
        await connection.execute(FURTHER, alert_id, version, wave + 1, members)
        return Chunk(alert_id, sum(made), finished=False)
