"""Tallies: everyone appends deltas, one publisher folds them into what readers see.

The version of an alert's counts is how many deltas they hold: what is seen later holds more, so that one version
never has two contents, whether it was read folded or not.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.messages import AlertMetrics, Receipt
from tocsin_schemas.words import Channel, State
from tocsin_store.pool import Connection, Pool, Row
from tocsin_store.singletons import player, take_role

_PUBLISHER: Final = "tocsin.publisher"
_COUNTS: Final = -1
"""The bucket that counts a state; above it are those of its histogram, below what it was billed for."""

FOLD: Final = """
WITH d AS (
    DELETE FROM tally_delta RETURNING alert_id, alert_version, channel, state, bucket, n
), folded AS (
    INSERT INTO tally (alert_id, alert_version, channel, state, bucket, n)
    SELECT alert_id, alert_version, channel, state, bucket, sum(n) FROM d GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (alert_id, alert_version, channel, state, bucket) DO UPDATE SET n = tally.n + excluded.n
)
INSERT INTO alert_progress (alert_id, version, as_of)
SELECT alert_id, count(*), now() FROM d GROUP BY alert_id
ON CONFLICT (alert_id) DO UPDATE SET version = alert_progress.version + excluded.version, as_of = excluded.as_of
"""

UNPUBLISHED: Final = """
SELECT p.alert_id, p.version, p.as_of, a.version AS alert_version, t.channel, t.state::text,
       coalesce(t.bucket, -1) AS bucket, coalesce(t.n, 0) AS n
FROM   alert_progress p
JOIN   alert a ON a.id = p.alert_id
LEFT   JOIN tally t ON t.alert_id = p.alert_id AND t.alert_version = a.version
WHERE  p.alert_id IN (SELECT alert_id FROM alert_progress WHERE published < version ORDER BY alert_id DESC LIMIT $1)
ORDER  BY p.alert_id
"""

# What texts were billed for: their segments in bucket -2, what these cost in bucket -3.
BILLED: Final = """
WITH billed AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::int[])
                  AS b(alert_id, alert_version, channel, segments, cost)
)
INSERT INTO tally_delta (alert_id, alert_version, channel, state, bucket, n)
SELECT alert_id, alert_version, channel, 'sent', bucket, sum(n)
FROM  (SELECT alert_id, alert_version, channel, -2 AS bucket, segments AS n FROM billed UNION ALL
       SELECT alert_id, alert_version, channel, -3, cost FROM billed WHERE cost > 0) x
GROUP BY 1, 2, 3, 5
"""

UNPUBLISH: Final = "UPDATE alert_progress SET published = 0 WHERE published > 0"

KNOWN_ENDS: Final = """
INSERT INTO merged_offset (topic, partition, next_offset) SELECT $1, * FROM unnest($2::int[], $3::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""


@asynccontextmanager
async def publisher(pool: Pool) -> AsyncIterator[Connection | None]:
    """Be the one publisher while inside; None where another is."""
    async with player(pool) as connection:
        yield connection if await take_role(connection, _PUBLISHER) else None


async def fold(connection: Connection) -> None:
    """Fold the deltas and move the version of every alert they touch."""
    await connection.execute(FOLD)


async def tally_billed(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Append what these were billed for; call it once for each fact, in the transaction that applies it."""
    await connection.execute(
        BILLED,
        [r.alert_id for r in receipts],
        [r.alert_version for r in receipts],
        [r.channel.value for r in receipts],
        [r.segments for r in receipts],
        [r.cost for r in receipts],
    )


async def unpublished(connection: Connection, *, limit: int) -> list[AlertMetrics]:
    """Metrics of alerts whose newest version is not known to be on Kafka, the newest alerts first."""
    by_alert: dict[UUID, list[Row]] = {}
    for row in await connection.fetch(UNPUBLISHED, limit):
        by_alert.setdefault(row["alert_id"], []).append(row)
    return [_metrics(rows) for rows in by_alert.values()]


async def mark_published(connection: Connection, metrics: list[AlertMetrics]) -> None:
    """Note which versions Kafka has acknowledged."""
    await connection.executemany(
        "UPDATE alert_progress SET published = greatest(published, $2) WHERE alert_id = $1",
        [(alert.alert_id, alert.version) for alert in metrics],
    )


async def unpublish(connection: Connection) -> int:
    """Publish every alert anew: nothing of them is on Kafka any more; returns how many."""
    return int((await connection.execute(UNPUBLISH)).removeprefix("UPDATE "))


async def known_ends(connection: Connection, *, topic: str) -> Mapping[int, int]:
    """Where the topic's partitions ended when that was noted last; partitions never noted are absent."""
    rows = await connection.fetch("SELECT partition, next_offset FROM merged_offset WHERE topic = $1", topic)
    return {row["partition"]: row["next_offset"] for row in rows}


async def note_ends(connection: Connection, *, topic: str, ends: Mapping[int, int]) -> None:
    """Note where the topic's partitions end."""
    await connection.execute(KNOWN_ENDS, topic, list(ends), list(ends.values()))


def _metrics(rows: list[Row]) -> AlertMetrics:
    channels: dict[Channel, dict[State, int]] = {}
    sent: dict[int, int] = {}
    for row in rows:
        if row["bucket"] == _COUNTS and row["n"]:
            channels.setdefault(Channel(row["channel"]), {})[State(row["state"])] = row["n"]
        elif row["bucket"] > _COUNTS and row["state"] == State.SENT:
            sent[row["bucket"]] = sent.get(row["bucket"], 0) + row["n"]
    states: dict[State, int] = {}
    for counts in channels.values():
        for state, n in counts.items():
            states[state] = states.get(state, 0) + n
    as_of: datetime = rows[0]["as_of"]
    return AlertMetrics(
        alert_id=rows[0]["alert_id"],
        alert_version=rows[0]["alert_version"],
        version=rows[0]["version"],
        as_of=as_of,
        deliveries=sum(states.values()),
        states=states,
        channels=channels,
        first_sent_s=_quantile(sent, 0.0),
        p50_sent_s=_quantile(sent, 0.5),
        p95_sent_s=_quantile(sent, 0.95),
    )


def _quantile(buckets: dict[int, int], share: float) -> float | None:
    """Upper bound, in seconds, of the bucket in which the quantile lies; buckets as `time_bucket` in SQL."""
    wanted = share * sum(buckets.values())
    passed = 0
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        if passed >= wanted:
            return round(0.1 * 2 ** (bucket / 2), 3)
    return None
