"""Pauses: routes on hold. A pause spends no attempt; a probe ends it and what waited goes at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin_schemas.words import Channel, Reason
from tocsin_store.pool import Pool

WHOLE_CHANNEL: Final = "*"


@dataclass(frozen=True, slots=True)
class Pause:
    """A hold in force."""

    reason: Reason
    until: datetime
    age: timedelta
    """How long it has lasted, by the database's clock."""


RESUME: Final = """
WITH over AS (DELETE FROM pause WHERE channel = $1 AND route = $2)
UPDATE due SET due_at = least(due_at, now()), produce_after = least(produce_after, now())
WHERE  channel = $1 AND route = $2
"""


async def pause(pool: Pool, *, channel: Channel, reason: Reason, lasts: timedelta) -> datetime:
    """Hold a channel, or hold it longer. Returns until when, unless a probe ends it sooner."""
    until: datetime = await pool.fetchval(
        """INSERT INTO pause (channel, route, reason, until) VALUES ($1, $2, $3, now() + $4::interval)
           ON CONFLICT (channel, route) DO UPDATE
           SET until  = greatest(pause.until, excluded.until),
               since  = CASE WHEN pause.until > now() THEN pause.since ELSE now() END,
               reason = excluded.reason
           RETURNING until""",
        channel.value,
        WHOLE_CHANNEL,
        reason.value,
        lasts,
    )
    return until


async def current(pool: Pool, *, channel: Channel) -> Pause | None:
    """Tell whether the whole channel is on hold, and why."""
    row = await pool.fetchrow(
        "SELECT reason, until, now() - since AS age FROM pause WHERE channel = $1 AND route = $2 AND until > now()",
        channel.value,
        WHOLE_CHANNEL,
    )
    return None if row is None else Pause(Reason(row["reason"]), row["until"], row["age"])


async def resume(pool: Pool, *, channel: Channel) -> None:
    """End the pause; what it deferred is due now."""
    await pool.execute(RESUME, channel.value, WHOLE_CHANNEL)
