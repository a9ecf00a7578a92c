"""The steps of a plan: later waves of an alert, for those whom earlier ones have not reached (design, section 5.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from tocsin_schemas.words import Channel, State
from tocsin_store.pool import Connection, Pool

MOST_STALE: Final = timedelta(seconds=2)
"""How old the mark may be for a claim of a later wave: a receipt that was acknowledged before stops it."""


def deliveries_of(member: str, *, version: str, last_wave: str) -> str:
    """The deliveries of a member under a version of alert `a`, as far as this wave, in SQL: `s`, by primary key.

    Their ids are dear: each is worked out once, and only for channels that a wave has.
    """
    return f"""contact_point q
    CROSS JOIN LATERAL (SELECT delivery_id(a.id, {version}, {member}, q.id, wave) AS id FROM fan_out
                        WHERE  alert_id = a.id AND version = {version} AND wave <= {last_wave} AND channel = q.channel
                          AND  part = 0 OFFSET 0) k
    CROSS JOIN LATERAL (SELECT * FROM delivery WHERE id = k.id OFFSET 0) s
    WHERE q.member_id = {member}"""


# Of claimed delivery d: whether one of its member's others has brought about what its step waits for in vain.
REACHED: Final = f"""
SELECT true AS already FROM fan_out f
WHERE  d.wave > 0 AND f.alert_id = a.id AND f.version = d.alert_version AND f.wave = d.wave AND f.channel = d.channel
  AND  EXISTS (SELECT FROM {deliveries_of("d.member_id", version="d.alert_version", last_wave="a.last_wave")}
               AND s.id <> d.id AND state_rank(s.state) >= f.stops_at)
LIMIT  1 OFFSET 0
"""

STALE: Final = f"""
(SELECT passed_at FROM receipts_mark) < now() - interval '{MOST_STALE.total_seconds()} seconds'
"""

# While the mark stood, claims of later waves took nothing, and what was due then would come again only in a minute.
MARK: Final = f"""
WITH again AS MATERIALIZED (
    SELECT due.delivery_id FROM due JOIN alert a ON a.id = due.alert_id AND a.last_wave > 0
    WHERE  {STALE} AND $1 >= now() - interval '{MOST_STALE.total_seconds()} seconds'
      AND  due.due_at <= now() AND due.produce_after > now()
    FOR    UPDATE OF due SKIP LOCKED
), back AS (
    UPDATE due SET produce_after = now() FROM again WHERE due.delivery_id = again.delivery_id
)
UPDATE receipts_mark SET passed_at = $1 WHERE passed_at < $1
"""

UNDER_WAY: Final = """
SELECT EXISTS (SELECT FROM fan_out f JOIN alert_content c ON c.alert_id = f.alert_id AND c.version = f.version
               WHERE  f.wave > 0 AND (f.not_before <= now() + interval '1 second' OR f.chunks > 0)
                 AND  c.settled_at IS NULL)
"""

STEPS: Final = """
SELECT f.wave, array_agg(f.channel ORDER BY f.channel) FILTER (WHERE f.part = 0) AS channels, min(f.not_before) AS begins,
       CASE WHEN bool_and(f.done_at IS NOT NULL)  THEN 'done'
            WHEN min(f.not_before) <= now()       THEN 'under_way'
            ELSE 'waiting' END AS state,
       coalesce(sum(c.deliveries), 0)::int AS deliveries
FROM   fan_out f
LEFT   JOIN LATERAL (SELECT sum(deliveries) AS deliveries FROM chunk
                     WHERE  alert_id = f.alert_id AND version = f.version AND wave = f.wave AND channel = f.channel) c
       ON f.part = 0
WHERE  f.alert_id = $1 AND f.version = $2
GROUP  BY f.wave ORDER BY f.wave
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: `channels` at the same time, `after` the alert goes live."""

    channels: Sequence[Channel]
    after: timedelta = timedelta()
    stops_at: State | None = None
    """Who has got a message that came so far is left out; None for the first step, which is for everybody."""


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far a step is."""

    wave: int
    channels: Sequence[Channel]
    begins: datetime
    state: Literal["waiting", "under_way", "done"]
    deliveries: int
    """Those that were to be sent: who is left out, or was suppressed from the beginning, is none."""


async def under_way(pool: Pool) -> bool:
    """Whether the mark is needed: a later wave of an unsettled alert has begun, or is about to."""
    return bool(await pool.fetchval(UNDER_WAY))


async def now(pool: Pool) -> datetime:
    """The ledger's clock."""
    moment: datetime = await pool.fetchval("SELECT now()")
    return moment


async def set_mark(pool: Pool, passed_at: datetime) -> None:
    """Note that every receipt written before this moment is merged; what had to wait for that comes again."""
    await pool.execute(MARK, passed_at)


async def read(conn: Connection, alert_id: UUID, *, version: int) -> list[StepProgress]:
    """The steps of a version, the first one first."""
    rows = await conn.fetch(STEPS, alert_id, version)
    return [
        StepProgress(
            row["wave"],
            [Channel(name) for name in row["channels"]],
            row["begins"],
            row["state"],
            row["deliveries"],
        )
        for row in rows
    ]
