"""Two email workers against one at a relay 20 ms away, where connections are what is short."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from rich.console import Console

from tests.bench import smtp_tools
from tests.bench.county import running_stack
from tests.bench.crowds import Crowd, count_of, crowd, handed_over
from tests.bench.rows import Row
from tests.bench.wish import Wish
from tests.faults.network.proxy import Proxy
from tests.support.e2e_town import Town, town_of
from tocsin_local.stack import Stack

_MEMBERS: Final = 15_000
_DOMAINS: Final = 40
_CONNECTIONS: Final = 10
_ROUND_TRIP: Final = 0.02
_FLIGHTS: Final = 2
"""Of a message to a relay that takes its envelope in one: that, and the body."""
_GOAL: Final = 0.85
_TWICE_GOAL: Final = 1.8
_FROM: Final = 0.2
_TO: Final = 0.9
_WITHIN: Final = 600.0


def measure(wish: Wish) -> list[Row]:
    """The same alert once with one worker, then with both; between the first fifth and the last tenth."""
    if not smtp_tools.installed():
        wish.console.print("two-workers: needs smtp-sink (Debian: postfix)")
        return []
    with _remote_relay() as port:
        settings = {"TOCSIN_SMTP_PORT": str(port), "TOCSIN_SMTP_CONNECTIONS": str(_CONNECTIONS)}
        with running_stack({"email-worker": 2}, **settings) as stack:
            one, two = asyncio.run(_rates(stack, count=wish.count(_MEMBERS), console=wish.console))
    each = _CONNECTIONS / (_FLIGHTS * _ROUND_TRIP)
    ratio, twice = two / (2 * each), two / one
    goals = f"≥ {_GOAL} of connections / ({_FLIGHTS} x {1e3 * _ROUND_TRIP:.0f} ms)", f"≥ {_TWICE_GOAL}"
    return [
        Row("one-worker", one, "deliveries/s", each, one / each),
        Row("two-workers", two, "deliveries/s", 2 * each, ratio, goals[0], ratio >= _GOAL),
        Row("two-workers-to-one", twice, "times one worker", goal=goals[1], met=twice >= _TWICE_GOAL),
    ]


@contextmanager
def _remote_relay() -> Iterator[int]:
    with smtp_tools.smtp_sink() as sink, Proxy("relay", to_port=sink) as proxy:
        proxy.delay(_ROUND_TRIP / 2)
        yield proxy.port


async def _rates(stack: Stack, *, count: int, console: Console) -> tuple[float, float]:
    async with town_of(stack) as town:
        people = await crowd(town, count, domains=[f"homes{number}.example" for number in range(_DOMAINS)])
        await town.stop("email-worker-2")
        console.print(f"two-workers: {count} messages with one worker, then with both")
        one = await _rate(town, people)
        await town.start("email-worker-2")
        return one, await _rate(town, people)


async def _rate(town: Town, people: Crowd) -> float:
    """Deliveries a second between the first fifth and the last tenth of an alert."""
    alert = await people.alerted(severity="minor")
    begun, first = await _reached(town, alert, count=round(_FROM * people.count))
    ended, last = await _reached(town, alert, count=round(_TO * people.count))
    await town.settled(alert, within=_WITHIN)
    return (last - first) / (ended - begun)


async def _reached(town: Town, alert: UUID, *, count: int) -> tuple[float, int]:
    """When that many were merged as sent, and how many it really were."""
    await handed_over(town, alert, at_least=count, within=_WITHIN)
    return time.perf_counter(), await count_of(town, alert)
