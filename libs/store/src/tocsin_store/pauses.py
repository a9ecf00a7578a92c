"""Pauses: routes on hold. A pause spends no attempt; a probe ends it and what waited goes at once."""

from datetime import datetime, timedelta
from typing import Final

from tocsin_schemas.words import Channel, Reason
from tocsin_store.pool import Pool

WHOLE_CHANNEL: Final = "*"

RESUME: Final = """
WITH over AS (DELETE FROM pause WHERE channel = $1 AND route = $2)
UPDATE due SET due_at = least(due_at, now()), produce_after = least(produce_after, now())
WHERE  channel = $1 AND route = $2
"""


async def pause(pool: Pool, *, channel: Channel, reason: Reason, lasts: timedelta) -> datetime:
    """Hold a channel, or hold it longer. Returns until when, unless a probe ends it sooner."""
    until: datetime = await pool.fetchval(
        """INSERT INTO pause (channel, route, reason, until) VALUES ($1, $2, $3, now() + $4::interval)
           ON CONFLICT (channel, route) DO UPDATE SET until = greatest(pause.until, excluded.until)
           RETURNING until""",
        channel.value,
        WHOLE_CHANNEL,
        reason.value,
        lasts,
    )
    return until


async def paused_until(pool: Pool, *, channel: Channel) -> datetime | None:
    """Tell until when the whole channel is on hold; None where it is not."""
    until: datetime | None = await pool.fetchval(
        "SELECT until FROM pause WHERE channel = $1 AND route = $2 AND until > now()",
        channel.value,
        WHOLE_CHANNEL,
    )
    return until


async def resume(pool: Pool, *, channel: Channel) -> None:
    """End the pause; what it deferred is due now."""
    await pool.execute(RESUME, channel.value, WHOLE_CHANNEL)
