"""Urgent overtakes (I7): 500 urgent messages on an idle system and in the middle of 100,000 routine ones."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from rich.console import Console

from tests.bench.county import running_stack
from tests.bench.crowds import Crowd, count_of, crowd, handed_over
from tests.bench.rows import Row
from tests.support.e2e_town import Town, town_of
from tocsin_local.stack import Stack

BULK: Final = 100_000
URGENT: Final = 500
_TIMES: Final = 5
_REST_SECONDS: Final = 3.0
_P99_GOAL: Final = 2.0
_KEEPS_GOAL: Final = 0.8

HANDED_OVER: Final = """
SELECT extract(epoch FROM r.occurred_at - a.created_at)::float AS seconds, r.occurred_at
FROM   receipt r JOIN alert a ON a.id = r.alert_id
WHERE  r.alert_id = $1 AND r.kind = 'accepted' ORDER BY r.occurred_at
"""

RATE: Final = """
SELECT count(*) / extract(epoch FROM $3::timestamptz - $2::timestamptz)::float FROM receipt
WHERE  alert_id = $1 AND kind = 'accepted' AND occurred_at >= $2 AND occurred_at < $3
"""


@dataclass(frozen=True, slots=True)
class Rang:
    """One urgent alert: hand-overs in seconds after it was accepted, and when the last one was."""

    seconds: Sequence[float]
    begun: datetime
    ended: datetime


def measure(*, console: Console) -> list[Row]:
    """Ring urgent alerts on an idle stack, then during a routine one."""
    with running_stack() as stack:
        return asyncio.run(_measure_in(stack, console=console))


async def _measure_in(stack: Stack, *, console: Console) -> list[Row]:
    async with town_of(stack) as town:
        console.print(f"urgent: loading {BULK} members")
        bulk, few = await crowd(town, BULK, east=1), await crowd(town, URGENT)
        idle = [await _ring(town, few) for _ in range(_TIMES)]
        routine = await bulk.alerted(severity="minor")
        await handed_over(town, routine, at_least=BULK // 10)
        console.print("urgent: in the middle of the routine alert")
        busy: list[Rang] = []
        for _ in range(_TIMES):
            busy.append(await _ring(town, few))
            await asyncio.sleep(_REST_SECONDS)
        left = BULK - await count_of(town, routine)
        rates = await _rates(town, routine, busy)
        return _rows(idle, busy, rates, left=left)


async def _ring(town: Town, few: Crowd) -> Rang:
    alert = await few.alerted(severity="extreme")
    await handed_over(town, alert, at_least=few.count)
    rows = await town.pool.fetch(HANDED_OVER, alert)
    begun = await town.pool.fetchval("SELECT created_at FROM alert WHERE id = $1", alert)
    return Rang([row["seconds"] for row in rows], begun, rows[-1]["occurred_at"])


@dataclass(frozen=True, slots=True)
class Rates:
    """Routine hand-overs a second."""

    undisturbed: float
    """In the pauses between urgent alerts."""
    disturbed: float
    """From the first urgent alert to the last: one each three seconds or so."""
    in_bursts: float
    """Only while urgent messages were handed over."""


async def _rates(town: Town, routine: UUID, busy: Sequence[Rang]) -> Rates:
    rest = timedelta(seconds=_REST_SECONDS * 0.8)
    pauses = [(following.begun - rest, following.begun) for following in busy[1:]]
    bursts = [(rang.begun, rang.ended) for rang in busy]
    return Rates(
        undisturbed=await _mean_rate(town, routine, pauses),
        disturbed=await _mean_rate(town, routine, [(busy[0].begun, busy[-1].begun)]),
        in_bursts=await _mean_rate(town, routine, bursts),
    )


async def _mean_rate(town: Town, alert: UUID, windows: Sequence[tuple[datetime, datetime]]) -> float:
    rates = [float(await town.pool.fetchval(RATE, alert, begun, ended)) for begun, ended in windows]
    return sum(rates) / len(rates)


def _rows(idle: Sequence[Rang], busy: Sequence[Rang], rates: Rates, *, left: int) -> list[Row]:
    alone, during = _sorted(idle), _sorted(busy)
    p99, p99_idle = _share(during, 0.99), _share(alone, 0.99)
    calm, keeps = rates.undisturbed, rates.disturbed / rates.undisturbed
    met = p99 <= min(_P99_GOAL, 2 * p99_idle)
    unit = "routine/s, 500 urgent each three seconds"
    return [
        Row("urgent-idle-p50", _share(alone, 0.5), "s to hand-over, 500 urgent"),
        Row("urgent-idle-p99", p99_idle, "s to hand-over, 500 urgent"),
        Row("urgent-busy-p50", _share(during, 0.5), f"s, with {left:,} routine still waiting at the end"),
        Row("urgent-busy-p99", p99, "s", p99_idle, p99 / p99_idle, "≤ 2 s, ≤ 2 idle", met),
        Row("urgent-bulk-keeps", rates.disturbed, unit, calm, keeps, "≥ 0.8", keeps >= _KEEPS_GOAL),
        Row("urgent-bulk-in-bursts", rates.in_bursts, "routine/s", calm, rates.in_bursts / calm),
    ]


def _sorted(rangs: Sequence[Rang]) -> list[float]:
    return sorted(second for rang in rangs for second in rang.seconds)


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
