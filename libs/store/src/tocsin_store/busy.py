"""What there is to do, of all lanes in one statement: where nothing waits nobody needs to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin_schemas.words import Channel, Lane
from tocsin_store.pool import Pool
from tocsin_store.waves import UNDER_WAY


class Work(StrEnum):
    """Of what kind."""

    CHUNKS = "chunks"
    """Some are not on the log."""
    DUE = "due"
    """Deliveries have waited long enough."""
    ON_LOG = "on_log"
    """Chunks there are not settled."""
    MARK = "mark"
    """Steps of plans depend on it."""
    MOVING_ON = "moving_on"
    """Members go on to their next step before its time."""
    CORRECTIONS = "corrections"
    """New versions follow those whom earlier ones reached."""
    DEAD = "dead"
    """Sessions died and are not recovered."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Something to do; of a lane where its kind is."""

    work: Work
    channel: Channel | None = None
    lane: Lane | None = None


BUSY: Final = f"""
WITH lanes AS (SELECT channel, lane FROM unnest($1::text[]) channel CROSS JOIN unnest(enum_range(NULL::lane)) lane)
SELECT 'chunks' AS work, channel, lane::text FROM lanes l
WHERE  EXISTS (SELECT FROM chunk c WHERE c.channel = l.channel AND c.lane = l.lane AND settled_at IS NULL
                                     AND enqueued_at IS NULL)
UNION ALL
SELECT 'on_log', channel, lane::text FROM lanes l
WHERE  EXISTS (SELECT FROM chunk c WHERE c.channel = l.channel AND c.lane = l.lane AND settled_at IS NULL
                                     AND enqueued_at IS NOT NULL)
UNION ALL
SELECT 'due', channel, lane::text FROM lanes l
WHERE  EXISTS (SELECT FROM due WHERE due.channel = l.channel AND due.lane = l.lane AND produce_after <= now())
UNION ALL
SELECT 'moving_on', NULL, NULL WHERE EXISTS (SELECT FROM moving_on)
UNION ALL
SELECT 'mark', NULL, NULL WHERE ({UNDER_WAY})
UNION ALL
SELECT 'corrections', NULL, NULL WHERE EXISTS (SELECT FROM fan_out WHERE done_at IS NULL AND reached)
UNION ALL
SELECT 'dead', NULL, NULL WHERE EXISTS (SELECT FROM session WHERE state = 'dead')
"""


async def busy(pool: Pool) -> Sequence[Busy]:
    """Everything that somebody should see to now."""
    rows = await pool.fetch(BUSY, [channel.value for channel in Channel])
    return [
        Busy(
            Work(row["work"]),
            Channel(row["channel"]) if row["channel"] else None,
            Lane(row["lane"]) if row["lane"] else None,
        )
        for row in rows
    ]
