"""What an operator looks at: what waits, who works, what is stuck. Cheap on a ledger of any size: counts stop at a cap."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin_schemas.words import Channel, Lane, State
from tocsin_store.pool import Pool
from tocsin_store.settle import unsettled_alerts
from tocsin_store.telling import RANGE

CAP: Final = 100_000
"""Counts end here: a higher one means as much to an operator."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What of a channel's lane is on its way to the workers, in deliveries; chunks that are settled are not in it."""

    channel: Channel
    lane: Lane
    waiting: int
    """In chunks that are not on the log yet."""
    waiting_since: timedelta
    """Age of the oldest such chunk; zero where there is none."""
    on_log: int
    """In chunks that the workers have not passed."""
    passed: int
    """In chunks that they have passed, until it is known that nothing of them was lost."""
    due_now: int
    due_since: timedelta
    """How long the first of `due_now` could have been produced; zero where there is none."""
    due_later: int
    held: int
    """Due, but waiting for a route on hold or for quiet hours to end."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """What must still reach Kafka."""

    rows: int
    oldest: timedelta


@dataclass(frozen=True, slots=True)
class Crew:
    """The sessions of one kind of worker."""

    worker: str
    live: int
    heartbeat: timedelta
    """Age of the oldest heartbeat of those that live."""
    open_claim: timedelta
    """Age of their oldest open claim."""
    dead: int
    """Dead and not recovered yet."""
    dead_for: timedelta


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Alerts that may have deliveries with work left."""

    stages: Mapping[str, int]
    """By stage: scheduled, fanning_out, live, closing."""
    states: Mapping[State, int]
    """Their deliveries by state."""
    not_begun: int
    """Fan-outs whose time came a minute ago, and not one chunk was made."""


BACKLOGS: Final = """
SELECT u.channel, u.lane::text, c.waiting, c.waiting_since, c.on_log, c.passed, d.now, d.later, d.held,
       coalesce(now() - (SELECT min(produce_after) FROM due WHERE channel = u.channel AND lane = u.lane
                                                            AND produce_after <= now()), interval '0') AS due_since
FROM   unnest($1::text[], $2::lane[]) AS u(channel, lane)
CROSS  JOIN LATERAL (
    SELECT coalesce(sum(deliveries) FILTER (WHERE enqueued_at IS NULL), 0)                            AS waiting,
           coalesce(now() - min(created_at) FILTER (WHERE enqueued_at IS NULL), interval '0')         AS waiting_since,
           coalesce(sum(deliveries) FILTER (WHERE enqueued_at IS NOT NULL AND passed_at IS NULL), 0)  AS on_log,
           coalesce(sum(deliveries) FILTER (WHERE passed_at IS NOT NULL), 0)                          AS passed
    FROM   chunk WHERE channel = u.channel AND lane = u.lane AND settled_at IS NULL) c
CROSS  JOIN LATERAL (
    SELECT count(*) FILTER (WHERE route IS NULL AND produce_after <= now()) AS now,
           count(*) FILTER (WHERE route IS NULL AND produce_after > now())  AS later,
           count(*) FILTER (WHERE route IS NOT NULL)                        AS held
    FROM   (SELECT route, produce_after FROM due WHERE channel = u.channel AND lane = u.lane LIMIT $3) x) d
ORDER  BY u.channel, u.lane
"""

OUTBOX: Final = """
SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT $1) x)                                               AS rows,
       coalesce(now() - (SELECT created_at FROM outbox ORDER BY id LIMIT 1), interval '0')                  AS oldest
"""

CREWS: Final = """
SELECT worker,
       count(*) FILTER (WHERE state = 'live')                                                               AS live,
       coalesce(clock_timestamp() - min(heartbeat_at) FILTER (WHERE state = 'live'), interval '0')          AS heartbeat,
       coalesce(clock_timestamp() - min(oldest_claim) FILTER (WHERE state = 'live'), interval '0')          AS open_claim,
       count(*) FILTER (WHERE state = 'dead')                                                               AS dead,
       coalesce(clock_timestamp() - min(dead_at)      FILTER (WHERE state = 'dead'), interval '0')          AS dead_for
FROM   session WHERE state IN ('live', 'dead')
GROUP  BY worker ORDER BY worker
"""

STAGES: Final = """
SELECT stage, count(*) AS n FROM (
    SELECT CASE WHEN NOT a.open OR a.expires_at <= now() THEN 'closing'
                WHEN f.scheduled                         THEN 'scheduled'
                WHEN f.scheduled IS NOT NULL             THEN 'fanning_out'
                ELSE 'live' END AS stage
    FROM  (SELECT DISTINCT alert_id FROM alert_content WHERE settled_at IS NULL) c
    CROSS JOIN LATERAL (SELECT id, open, expires_at FROM alert WHERE id = c.alert_id OFFSET 0) a
    CROSS JOIN LATERAL (SELECT bool_and(not_before > now()) AS scheduled FROM fan_out
                        WHERE alert_id = a.id AND done_at IS NULL AND (wave = 0 OR not_before <= now())) f) x
GROUP BY stage
"""

STATES: Final = """
SELECT state::text, sum(n)::bigint AS n
FROM   unnest($1::uuid[]) u(id)
CROSS  JOIN LATERAL (SELECT state, n FROM tally       WHERE alert_id = u.id AND bucket = -1 UNION ALL
                     SELECT state, n FROM tally_delta WHERE alert_id = u.id AND bucket = -1) x
GROUP  BY state HAVING sum(n) <> 0
"""

NOT_BEGUN: Final = """
SELECT count(*) FROM fan_out
WHERE  done_at IS NULL AND chunks = 0 AND greatest(created_at, not_before) < now() - interval '1 minute'
"""

# One alert, a range of the primary key; read in the order of the heap, since all its rows are looked at.
OLD_CLAIMS: Final = f"""
SELECT count(*) FROM (SELECT $1::uuid AS id OFFSET 0) a
CROSS  JOIN LATERAL (SELECT FROM delivery d WHERE {RANGE} AND d.work = 'claimed' AND d.claimed_at < now() - $2::interval) d
"""
IN_HEAP_ORDER: Final = "SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off"

SUPPRESSED: Final = "SELECT count(*) FROM (SELECT FROM suppression WHERE lifted_at IS NULL LIMIT $1) x"


async def backlogs(pool: Pool) -> list[Backlog]:
    """Every channel's lanes."""
    pairs = [(channel.value, lane.value) for channel in Channel for lane in Lane]
    rows = await pool.fetch(BACKLOGS, [pair[0] for pair in pairs], [pair[1] for pair in pairs], CAP)
    return [
        Backlog(
            Channel(row["channel"]),
            Lane(row["lane"]),
            row["waiting"],
            row["waiting_since"],
            row["on_log"],
            row["passed"],
            row["now"],
            row["due_since"],
            row["later"],
            row["held"],
        )
        for row in rows
    ]


async def outbox(pool: Pool) -> Outbox:
    """How many rows there are, and since when."""
    (row,) = await pool.fetch(OUTBOX, CAP)
    return Outbox(**row)


async def crews(pool: Pool) -> list[Crew]:
    """Workers with sessions that are alive, or dead and not recovered."""
    return [Crew(**row) for row in await pool.fetch(CREWS)]


async def unfinished(pool: Pool) -> Unfinished:
    """Alerts with work left, and how far their deliveries are."""
    stages = {row["stage"]: row["n"] for row in await pool.fetch(STAGES)}
    rows = await pool.fetch(STATES, await unsettled_alerts(pool))
    return Unfinished(stages, {State(row["state"]): row["n"] for row in rows}, await pool.fetchval(NOT_BEGUN))


async def old_claims(pool: Pool, *, older: timedelta, within: timedelta = timedelta(seconds=5)) -> int | None:
    """Count deliveries claimed longer ago than `older`; None where that took more than `within`.

    It looks through the alerts with work left, about a second a million deliveries: no index knows of claims, and of
    one that its worker forgot nothing else does.
    """
    alerts = await unsettled_alerts(pool)
    try:
        async with (
            asyncio.timeout(within.total_seconds()),
            pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(IN_HEAP_ORDER)
            return sum([int(await connection.fetchval(OLD_CLAIMS, alert, older)) for alert in alerts])
    except TimeoutError:
        return None


async def suppressions(pool: Pool) -> int:
    """How many addresses and reasons are suppressed."""
    return int(await pool.fetchval(SUPPRESSED, CAP))
