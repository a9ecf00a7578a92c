"""Pace: a sender's segments go in slots, which all its workers share; one change of a row a slot and worker.

A provider takes so many segments a second from a sender, the limit L. Each CYCLE of a little over a second has k slots,
CYCLE / k apart, of L // k segments each, so a cycle has at most L. What belongs to a slot begins within TOLERANCE of it.
Between a slot and the k-th after it lies a whole CYCLE, hence between their hand-overs at least CYCLE - TOLERANCE, which
is more than a second: no second sees more than k slots, or L segments, as long as the way to the provider takes no more
than CYCLE - TOLERANCE - 1 s longer for one message than for another. Slots are counted by the ledger's clock alone.

A call is one segment.

Who cannot be that punctual asks for slack: the slot then comes so much later than a whole CYCLE after the last one, and may
be begun so much before its moment. It may hold what all slots of a cycle do, for nothing else goes within one of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Lane
from tocsin_store.pool import Connection, Pool

PACED: Final = frozenset({Channel.SMS, Channel.VOICE})
"""Channels whose senders are paced."""

CYCLE: Final = timedelta(seconds=1.15)
TOLERANCE: Final = timedelta(milliseconds=80)
LEAD: Final = timedelta(milliseconds=250)
"""How far ahead a slot must be to be worth taking: a claim comes before it."""
AHEAD: Final = timedelta(milliseconds=500)
"""No slot is taken that is more than a step and this ahead: others may have something more urgent."""
_YIELDS: Final = 2.5 * CYCLE
"""So long after an urgent message asked, routine ones get nothing."""
_SMALL: Final = 20
"""Segments that a slot should have at least, so that a slot is worth its statements; at most ten slots a cycle."""


@dataclass(frozen=True, slots=True)
class Slots:
    """How a limit is cut up."""

    size: int
    """Segments of one."""
    step: timedelta
    """From one to the next."""

    @property
    def whole(self) -> "Slots":
        """All of a cycle as one."""
        return Slots(self.size * round(CYCLE / self.step), CYCLE)


def slots_of(segments_per_s: int) -> Slots:
    """Cut up a limit."""
    count = max(1, min(10, segments_per_s // _SMALL))
    return Slots(segments_per_s // count, CYCLE / count)


def effective_rate(segments_per_s: int, *, each: float = 1) -> float:
    """How many segments a second really go, of messages of so many segments each: what estimates go by."""
    slots = slots_of(segments_per_s)
    if each > slots.size:  # one message takes several slots
        return each / (ceil(each / slots.size) * slots.step.total_seconds())
    return floor(slots.size / each) * each / slots.step.total_seconds()


@dataclass(frozen=True, slots=True)
class Reservation:
    """Segments of one slot, or none. In seconds of the ledger's clock, since 1970."""

    segments: int
    at: float
    """When the slot is, or when it is worth asking again."""
    now: float
    """When the ledger answered."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides when an alert's messages go."""

    version: int
    live: bool
    """Whether anything of it may still go."""
    expires_at: datetime
    sender: str
    segments_per_s: int


# A clock that was set back must not silence a sender: a slot that is absurdly far ahead is forgotten.
RESERVE: Final = """
INSERT INTO pace AS p (sender, slot_at, taken, urgent_at)
VALUES ($1, clock_timestamp() + $6::interval + $10::interval, greatest($3::int, least($2::int, $4::int)),
        CASE WHEN $7 THEN clock_timestamp() END)
ON CONFLICT (sender) DO UPDATE
SET (slot_at, taken, urgent_at) = (
    SELECT CASE WHEN yields OR NOT (joins OR near) OR joins THEN p.slot_at ELSE next_at END,
           CASE WHEN yields OR NOT (joins OR near)          THEN p.taken
                WHEN joins                                  THEN p.taken + least($2, $4 - p.taken)
                ELSE greatest($3, least($2, $4)) END,
           CASE WHEN $7 THEN now ELSE p.urgent_at END
    FROM  (SELECT now, next_at, next_at <= now + $5::interval + $9::interval + $10       AS near,
                  p.slot_at >= now + $6::interval AND p.taken + $3 <= $4 AND NOT absurd
                      AND $10::interval = '0'                                            AS joins,
                  NOT $7 AND coalesce(p.urgent_at > now - $8::interval, false)           AS yields
           FROM  (SELECT now, absurd,
                         CASE WHEN absurd THEN now + $6::interval
                              ELSE greatest(p.slot_at + $5::interval * ceil(greatest(p.taken, 1)::float8 / $4),
                                            now + $6::interval) END + $10::interval AS next_at
                  FROM  (SELECT clock_timestamp() AS now,
                                p.slot_at > clock_timestamp() + interval '1 minute' AS absurd) c) n) x
)
RETURNING CASE WHEN old.sender IS NULL OR new.slot_at <> old.slot_at THEN new.taken ELSE new.taken - old.taken END AS given,
          extract(epoch FROM new.slot_at)::float8 AS slot_at,
          extract(epoch FROM CASE WHEN NOT $7 AND new.urgent_at > clock_timestamp() - $8::interval
                                  THEN new.urgent_at + $8::interval
                                  ELSE new.slot_at + $5::interval * (ceil(greatest(new.taken, 1)::float8 / $4) - 1)
                                       - $9::interval END)::float8 AS again_at,
          extract(epoch FROM clock_timestamp())::float8 AS now
"""

STANDING: Final = """
SELECT a.id, a.version, a.open AND a.expires_at > now() AS live, a.expires_at, coalesce(sender_of($2, g), '') AS sender,
       rate_of($2, g) AS segments_per_s
FROM   unnest($1::uuid[]) u(id)
CROSS  JOIN LATERAL (SELECT * FROM alert WHERE id = u.id OFFSET 0) a
JOIN   agency g ON g.id = a.agency_id
"""

# What it waits for already stays; only its turn comes later.
PUT_OFF: Final = """
INSERT INTO due (delivery_id, alert_id, kind, channel, lane, due_at, produce_after)
SELECT d.id, a.id, 'send', $3, $4::lane, now(), least(now() + $5::interval, a.expires_at)
FROM   (SELECT * FROM alert WHERE id = $1) a
CROSS  JOIN unnest($2::uuid[]) u(id)
CROSS  JOIN LATERAL (SELECT id FROM delivery WHERE id = u.id AND alert_id = a.id AND work = 'waiting' OFFSET 0) d
ORDER  BY d.id
ON CONFLICT (delivery_id) DO UPDATE SET produce_after = greatest(due.produce_after, excluded.produce_after)
"""


async def reserve(
    pool: Pool | Connection,
    sender: str,
    *,
    segments_per_s: int,
    wanted: int,
    each: int,
    lane: Lane,
    slack: timedelta = timedelta(),
) -> Reservation:
    """Take segments of the sender's next slot that has room for a message.

    A message of more segments than a slot has takes a whole one, and those after it that it needs.

    Args:
        pool: Connections.
        sender: Whose.
        segments_per_s: Its limit.
        wanted: Segments at most.
        each: Of one message; a slot with less room is of no use.
        lane: Routine ones wait while urgent ones ask.
        slack: How long before the slot's moment its hand-overs may begin; with any, the slot is a whole cycle.

    Raises:
        UNAVAILABLE: Perhaps some were taken, which then go to nobody.
    """
    slots = slots_of(segments_per_s)
    if slack:
        slots = slots.whole
    row = await pool.fetchrow(
        RESERVE,
        sender,
        wanted,
        each,
        slots.size,
        slots.step,
        LEAD,
        lane is Lane.URGENT,
        _YIELDS,
        AHEAD,
        slack,
    )
    if row is None:
        raise RuntimeError("a reservation answers with one row")
    return Reservation(row["given"], row["slot_at"] if row["given"] else row["again_at"], row["now"])


async def standing(pool: Pool, alert_ids: Sequence[UUID], *, channel: Channel) -> Mapping[UUID, Standing]:
    """How alerts stand now on a paced channel."""
    rows = await pool.fetch(STANDING, list(alert_ids), channel.value)
    return {
        row["id"]: Standing(
            row["version"], row["live"], row["expires_at"], row["sender"], row["segments_per_s"]
        )
        for row in rows
    }


async def put_off(
    pool: Pool, alert_id: UUID, delivery_ids: Sequence[UUID], *, channel: Channel, lane: Lane, by: timedelta
) -> None:
    """Let deliveries wait in the ledger instead of on the log; no attempt is spent, and nothing is told."""
    await pool.execute(PUT_OFF, alert_id, sorted(delivery_ids), channel.value, lane.value, by)
