"""How far an alert is: folded and unfolded tallies read in one snapshot, so deliveries = sum of states, always."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, log2
from typing import Final
from uuid import UUID

from tocsin_schemas.words import State
from tocsin_store.deliveries import id_range
from tocsin_store.pool import Connection

_COUNT: Final = -1  # the bucket that counts a state; those from 0 on are its histogram
_SEGMENTS: Final = -2  # of texts that providers took
_COST: Final = -3  # of these, where it is known, in ten-thousandths of the platform's currency
_FIRST_BOUND_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """A snapshot. `channels` has every channel's states; `rate_per_s` is None where nothing moves."""

    version: int
    as_of: datetime
    members: int
    channels: Mapping[str, Mapping[str, int]]
    rate_per_s: float | None
    segments: int
    cost: int | None
    """Of the segments, in ten-thousandths of the platform's currency; None where no price is known."""

    @property
    def states(self) -> Mapping[str, int]:
        """Counts by state over all channels; states without deliveries are absent."""
        totals: dict[str, int] = {}
        for states in self.channels.values():
            for state, count in states.items():
                totals[state] = totals.get(state, 0) + count
        return totals

    @property
    def deliveries(self) -> int:
        """One per member and contact point, suppressed ones included."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Hold:
    """What an unfinished alert waits for, and until when at least."""

    channel: str
    route: str
    reason: str
    until: datetime


async def read(conn: Connection, alert_id: UUID, *, alert_version: int) -> Progress:
    """The progress of an alert version as the ledger has it now."""
    row = await conn.fetchrow(
        """
        WITH counted AS (
            SELECT channel, state, bucket, sum(n) AS n
            FROM  (SELECT channel, state, bucket, n FROM tally       WHERE alert_id = $1 AND alert_version = $2
                   UNION ALL
                   SELECT channel, state, bucket, n FROM tally_delta WHERE alert_id = $1 AND alert_version = $2) x
            GROUP  BY channel, state, bucket
            HAVING sum(n) <> 0
        )
        SELECT coalesce((SELECT version FROM alert_progress WHERE alert_id = $1), 0)
               + (SELECT count(*) FROM tally_delta WHERE alert_id = $1)                               AS version,
               now()                                                                                  AS as_of,
               coalesce((SELECT sum(members) FROM fan_out WHERE alert_id = $1 AND version = $2), 0)   AS members,
               (SELECT frozen_at FROM alert WHERE id = $1)                                            AS frozen_at,
               (SELECT coalesce(jsonb_agg(counted), '[]') FROM counted)                               AS counts
        """,
        alert_id,
        alert_version,
    )
    if row is None:  # a SELECT without FROM returns a row; the type does not know
        raise LookupError("progress")
    channels = _by_channel(row["counts"])
    return Progress(
        version=row["version"],
        as_of=row["as_of"],
        members=row["members"],
        channels=channels,
        rate_per_s=rate_per_s(_histogram(row["counts"]), elapsed=row["as_of"] - row["frozen_at"]),
        segments=_sum(row["counts"], bucket=_SEGMENTS) or 0,
        cost=_sum(row["counts"], bucket=_COST),
    )


async def holds(conn: Connection, alert_id: UUID, *, channels: Sequence[str]) -> list[Hold]:
    """What an alert waits for: holds on routes of these channels, quiet hours, its own time."""
    first, last = id_range(alert_id)
    rows = await conn.fetch(
        """
        WITH waits AS MATERIALIZED (
            SELECT channel, route, min(due_at) AS until FROM due
            WHERE  delivery_id BETWEEN $2 AND $3 AND alert_id = $4 AND route IS NOT NULL GROUP BY channel, route
        )
        SELECT channel, route, reason, p.until
        FROM   pause p LEFT JOIN waits USING (channel, route)
        WHERE  channel = ANY($1::text[]) AND NOT starts_with(route, 'provider:')
        AND    (route = '*' OR waits.route IS NOT NULL)
        UNION ALL
        SELECT channel, route, 'quiet_hours', until FROM waits WHERE route = 'quiet_hours'
        UNION ALL
        SELECT channel, '*', 'scheduled', not_before FROM fan_out
        WHERE  alert_id = $4 AND done_at IS NULL AND not_before > now()
        ORDER  BY channel, route
        LIMIT  100
        """,
        list(channels),
        first,
        last,
        alert_id,
    )
    return [Hold(**row) for row in rows]


def rate_per_s(histogram: Mapping[int, int], *, elapsed: timedelta) -> float | None:
    """Hand-overs a second over about the latter half of the time since acceptance, or None where there were none.

    Args:
        histogram: Hand-overs by time bucket: upper bound 0.1 s * 2^(bucket / 2).
        elapsed: Time since acceptance.
    """
    seconds = max(elapsed.total_seconds(), _FIRST_BOUND_S)
    now = max(0, ceil(2 * log2(seconds / _FIRST_BOUND_S)))
    recent = histogram.get(now, 0) + histogram.get(now - 1, 0)
    since = _upper_bound(now - 2) if now > 1 else 0.0
    return recent / (seconds - since) if recent > 0 else None


def _upper_bound(bucket: int) -> float:
    return _FIRST_BOUND_S * float(2 ** (bucket / 2))


def _by_channel(counts: Iterable[Mapping[str, str | int]]) -> dict[str, dict[str, int]]:
    channels: dict[str, dict[str, int]] = {}
    for row in counts:
        if row["bucket"] == _COUNT:
            channels.setdefault(str(row["channel"]), {})[str(row["state"])] = int(row["n"])
    return channels


def _histogram(counts: Iterable[Mapping[str, str | int]]) -> dict[int, int]:
    buckets: dict[int, int] = {}
    for row in counts:
        if row["state"] == State.SENT and int(row["bucket"]) >= 0:
            buckets[int(row["bucket"])] = buckets.get(int(row["bucket"]), 0) + int(row["n"])
    return buckets


def _sum(counts: Iterable[Mapping[str, str | int]], *, bucket: int) -> int | None:
    """What a bucket holds over all channels; None where it never held anything."""
    return sum(int(row["n"]) for row in counts if row["bucket"] == bucket) or None
