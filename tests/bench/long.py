"""Steady load for twenty minutes, a million deliveries: what the first third took is compared with what the last did."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from tests.bench.county import running_stack
from tests.bench.cpu import resident_mb
from tests.bench.crowds import crowd, handed_over
from tests.bench.linear import relay
from tests.bench.rows import Row
from tests.bench.wish import Wish
from tests.support.e2e_town import Town, town_of
from tocsin_local.stack import Stack
from tocsin_runtime.kafka.admin import Observer
from tocsin_schemas.topics import RECEIPTS
from tocsin_store.pool import open_pool

_ALERTS: Final = 100
_MEMBERS: Final = 10_000
_EVERY_SECONDS: Final = 12.0
_DOMAINS: Final = 40
_THIRD: Final = 3
_DRIFT_GOAL: Final = 1.2
_HOT_GOAL: Final = 0.9
_LAG_SECONDS: Final = 0.5

MERGED: Final = "SELECT coalesce(sum(next_offset), 0)::bigint FROM merged_offset WHERE topic = $1"
COUNTERS: Final = """
SELECT (SELECT sum(pg_total_relation_size(oid))::float FROM pg_class
        WHERE  relkind = 'r' AND relnamespace = 'public'::regnamespace)                    AS ledger_bytes,
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float                                 AS wal_bytes,
       updates, hot_updates, claims, claim_ms
FROM  (SELECT sum(n_tup_upd)::float AS updates, sum(n_tup_hot_upd)::float AS hot_updates
       FROM   pg_stat_user_tables WHERE relname LIKE 'delivery\\_%') u,
      (SELECT sum(calls)::float AS claims, sum(total_exec_time)::float AS claim_ms
       FROM   pg_stat_statements WHERE query LIKE '%claim_token = $%, claimed_at = now()%') c
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """After one alert: seconds it took, memory by process, and counters of the database since its start."""

    seconds: float
    late: bool
    """Whether the next one had to be posted late."""
    lag: int
    """Receipts on Kafka that were not merged yet: the most of them."""
    memory: Mapping[str, float]
    counters: Mapping[str, float]


def measure(wish: Wish) -> list[Row]:
    """An alert to 10,000 each twelve seconds, a hundred times; through smtp-sink where it is installed."""
    with relay() as settings, running_stack(**settings) as stack:
        asyncio.run(_count_statements(stack))
        samples = asyncio.run(_samples(stack, wish))
    return _rows(samples)


async def _count_statements(stack: Stack) -> None:
    """Have the database time its statements, which it learns only at its start."""
    async with await open_pool(stack.database_url, size=1, application_name="bench") as pool:
        await pool.execute("ALTER SYSTEM SET shared_preload_libraries TO 'pg_stat_statements'")
    await asyncio.to_thread(stack.stop_one, "postgres")
    await asyncio.to_thread(stack.start_one, "postgres")
    await asyncio.to_thread(stack.wait_ready)
    async with await open_pool(stack.database_url, size=1, application_name="bench") as pool:
        await pool.execute("CREATE EXTENSION pg_stat_statements")


async def _samples(stack: Stack, wish: Wish) -> list[Sample]:
    alerts = max(2 * _THIRD, wish.count(_ALERTS))
    async with town_of(stack) as town, Observer(stack.kafka_bootstrap) as observer:
        people = await crowd(town, _MEMBERS, domains=[f"homes{number}.example" for number in range(_DOMAINS)])
        wish.console.print(f"long: {alerts} alerts to {_MEMBERS}, {alerts * _EVERY_SECONDS / 60:.0f} minutes")
        begun, samples = time.perf_counter(), list[Sample]()
        for number in range(1, alerts + 1):
            posted, lags = time.perf_counter(), [0]
            watch = asyncio.create_task(_watch_lag(town, observer, lags))
            alert = await people.alerted(severity="minor")
            await handed_over(town, alert, at_least=_MEMBERS)
            took, left = time.perf_counter() - posted, begun + number * _EVERY_SECONDS - time.perf_counter()
            watch.cancel()
            samples.append(await _sample(town, took=took, late=left < 0, lag=max(lags)))
            await asyncio.sleep(max(0.0, left))
    return samples


async def _watch_lag(town: Town, observer: Observer, lags: list[int]) -> None:
    """Note how far the merge is behind Kafka, until cancelled."""
    while True:
        merged: int = await town.pool.fetchval(MERGED, RECEIPTS.name)
        lags.append(sum((await observer.end_offsets(RECEIPTS)).values()) - merged)
        await asyncio.sleep(_LAG_SECONDS)


async def _sample(town: Town, *, took: float, late: bool, lag: int) -> Sample:
    row = await town.pool.fetchrow(COUNTERS, timeout=60)
    if row is None:
        raise RuntimeError("counters are one row")
    return Sample(took, late, lag, resident_mb(town.stack.state), dict(row))


def _rows(samples: Sequence[Sample]) -> list[Row]:
    third = len(samples) // _THIRD
    first, last = samples[1 : third + 1], samples[-third:]
    hot = [_grown("hot_updates", pair) / _grown("updates", pair) for pair in pairwise(samples)]
    late = sum(sample.late for sample in samples)
    per = {
        "ledger": ("bytes a delivery", lambda pair: _grown("ledger_bytes", pair) / _MEMBERS),
        "wal": ("bytes of WAL a delivery", lambda pair: _grown("wal_bytes", pair) / _MEMBERS),
        "claim": ("ms a claim", lambda pair: _grown("claim_ms", pair) / _grown("claims", pair)),
    }
    return [
        Row("long", len(samples) * _MEMBERS, f"deliveries, {late} of {len(samples)} alerts late"),
        _drift("alert", "s an alert", *([one.seconds for one in part] for part in (first, last))),
        _drift("lag", "receipts not merged, at most", *([one.lag for one in part] for part in (first, last))),
        *(_drift(name, unit, _pairs(first, of), _pairs(last, of)) for name, (unit, of) in per.items()),
        Row("long-hot", min(hot), "of updates, at worst", goal=f"≥ {_HOT_GOAL}", met=min(hot) >= _HOT_GOAL),
        *(
            _drift(f"memory-{name}", "MB", *([one.memory[name] for one in part] for part in (first, last)))
            for name in sorted(first[0].memory)
        ),
    ]


def _drift(name: str, unit: str, first: Sequence[float], last: Sequence[float]) -> Row:
    """The median of the last third against that of the first."""
    before, now = median(first), median(last)
    goal = f"≤ {_DRIFT_GOAL} of the first third"
    return Row(f"long-{name}", now, unit, before, now / before, goal, now <= _DRIFT_GOAL * before)


def _pairs(samples: Sequence[Sample], of: Callable[[tuple[Sample, Sample]], float]) -> list[float]:
    return [of(pair) for pair in pairwise(samples)]


def _grown(counter: str, pair: tuple[Sample, Sample]) -> float:
    before, after = pair
    return after.counters[counter] - before.counters[counter]
