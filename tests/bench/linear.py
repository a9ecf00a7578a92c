"""Ten times the county: an alert to 330,000 against one to 33,000, and what worker and dispatcher need for it."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.bench import smtp_tools
from tests.bench.county import running_stack
from tests.bench.cpu import resident_mb
from tests.bench.crowds import Crowd, crowd, handed_over
from tests.bench.rows import Row
from tests.bench.wish import Wish
from tests.support.e2e_town import Town, town_of
from tocsin_local.stack import Stack

_COUNTY: Final = 33_000
_TIMES: Final = 10
_DOMAINS: Final = 40
_TIME_GOAL: Final = 11.0
_MEMORY_GOAL: Final = 1.2
_FLAT: Final = ("email-worker", "dispatcher", "receipts-worker")
_LOOK_SECONDS: Final = 0.5
_WITHIN: Final = 1_800.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One alert: seconds from its POST to its last merged receipt, and the most memory meanwhile, by process."""

    seconds: float
    memory: Mapping[str, float]


def measure(wish: Wish) -> list[Row]:
    """The county, ten of them at once, and the county again; through smtp-sink where it is installed."""
    with relay() as settings, running_stack(**settings) as stack:
        return asyncio.run(_measure_in(stack, wish))


@contextmanager
def relay() -> Iterator[Mapping[str, str]]:
    """Settings for the quickest relay there is."""
    if not smtp_tools.installed():
        yield {"TOCSIN_SANDBOX_KEEP_MESSAGES": "1000"}
        return
    with smtp_tools.smtp_sink() as port:
        yield {"TOCSIN_SMTP_PORT": str(port)}


async def _measure_in(stack: Stack, wish: Wish) -> list[Row]:
    count = wish.count(_COUNTY)
    domains = [f"homes{number}.example" for number in range(_DOMAINS)]
    async with town_of(stack) as town:
        wish.console.print(f"linear: loading {count} and {_TIMES * count} members")
        few = await crowd(town, count, domains=domains)
        many = await crowd(town, _TIMES * count, east=1, domains=domains)
        before, large, after = [await _sent(town, people) for people in (few, many, few)]
    return _rows((before, after), large, count=count)


async def _sent(town: Town, people: Crowd) -> Sent:
    begun, most = time.perf_counter(), dict[str, float]()
    watch = asyncio.create_task(_watch(town, most))
    alert = await people.alerted(severity="minor")
    await handed_over(town, alert, at_least=people.count, within=_WITHIN)
    took = time.perf_counter() - begun
    watch.cancel()
    return Sent(took, most)


async def _watch(town: Town, most: dict[str, float]) -> None:
    """Note the most memory that each process is seen with, until cancelled."""
    while True:
        for name, megabytes in resident_mb(town.stack.state).items():
            most[name] = max(megabytes, most.get(name, 0.0))
        await asyncio.sleep(_LOOK_SECONDS)


def _rows(small: tuple[Sent, Sent], large: Sent, *, count: int) -> list[Row]:
    """The times of both small alerts are averaged; memory is compared with the one before, which it grew from."""
    county = sum(one.seconds for one in small) / len(small)
    times = large.seconds / county
    goal = f"≤ {_TIME_GOAL:.0f} times as long"
    unit = f"s for {_TIMES * count:,}, against {count:,}"
    return [
        Row("linear", large.seconds, unit, county, times, goal, times <= _TIME_GOAL),
        *(_memory(name, large.memory[name], small[0].memory[name]) for name in _FLAT if name in large.memory),
    ]


def _memory(name: str, large: float, small: float) -> Row:
    goal = f"≤ {_MEMORY_GOAL}"
    return Row(
        f"linear-memory-{name}",
        large,
        "MB at most",
        small,
        large / small,
        goal,
        large <= _MEMORY_GOAL * small,
    )
