"""POST of alerts against `/health` of the same server, and how long one takes against a durable commit of one row."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from tests.bench.cpu import cpu_seconds
from tests.bench.http_client import asked
from tests.bench.rows import Row
from tests.bench.wish import Wish
from tests.support.e2e_agency import an_alert
from tests.support.world import an_agency
from tocsin_local.services import SERVICES
from tocsin_local.stack import Stack
from tocsin_local.state import url_of
from tocsin_store import agencies
from tocsin_store.pool import Pool, open_pool

_TURNS: Final = 5
_POSTS: Final = 2_000
_LOOKS: Final = 10_000
_ALONE: Final = 1_000
_CONNECTIONS: Final = 20
_RATE_GOAL: Final = 0.3
_COMMITS_GOAL: Final = 3.0
_HEALTH: Final = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"

Requests = Callable[[int], Iterator[bytes]]


def measure(wish: Wish) -> list[Row]:
    """All four in turn, five times: `/health` and POST at twenty connections; POST and a commit one at a time."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        only = tuple(each for each in SERVICES if each.name == "alert-api")
        limits = {"TOCSIN_RATE_LIMIT": "1000000"}
        stack = Stack(Path(folder) / "stack", services=only, extra_environment=limits)
        with stack:
            stack.wait_ready(timeout=timedelta(seconds=120))
            wish.console.print(f"accept: {wish.count(_POSTS)} alerts")
            rows = asyncio.run(_measure_in(stack, wish))
        stack.delete()
    return rows


@dataclass(frozen=True, slots=True)
class Load:
    """What so many requests took: wall time, CPU time of alert-api, and each of them; in seconds."""

    wall: float
    cpu: float
    each: Sequence[float]


async def _measure_in(stack: Stack, wish: Wish) -> list[Row]:
    async with await open_pool(stack.database_url, size=1, application_name="bench") as pool:
        posts = await _posts(pool)
        await pool.execute("CREATE TABLE bench_commit (at timestamptz NOT NULL)")
        looks, many, alone, commits = list[Load](), list[Load](), list[Load](), list[float]()
        for _ in range(_TURNS):
            health = repeat(_HEALTH, wish.count(_LOOKS) // _TURNS)
            looks.append(await _loaded(stack, _asked(stack, health, connections=_CONNECTIONS, status=200)))
            accepted = posts(wish.count(_POSTS) // _TURNS)
            many.append(await _loaded(stack, _asked(stack, accepted, connections=_CONNECTIONS, status=202)))
            one = posts(wish.count(_ALONE) // _TURNS)
            alone.append(await _loaded(stack, _asked(stack, one, connections=1, status=202)))
            commits += [await _commit(pool) for _ in range(wish.count(_ALONE) // _TURNS)]
    return [*_rates(looks, many), *_times(_all(alone), commits)]


def _asked(
    stack: Stack, requests: Iterator[bytes], *, connections: int, status: int
) -> Coroutine[None, None, Sequence[float]]:
    """The same at alert-api."""
    port = urlsplit(url_of(stack.state, "alert-api")).port or 0
    return asked(requests, port=port, connections=connections, status=status)


async def _loaded(stack: Stack, asking: Coroutine[None, None, Sequence[float]]) -> Load:
    before, begun = cpu_seconds(stack.state).get("alert-api", 0.0), time.perf_counter()
    each = await asking
    wall, after = time.perf_counter() - begun, cpu_seconds(stack.state).get("alert-api", 0.0)
    return Load(wall, after - before, each)


async def _posts(pool: Pool) -> Requests:
    """Make requests that post an alert each, to a circle, under a key of its own."""
    agency, key = await an_agency(pool), agencies.new_key()
    async with pool.acquire() as connection:
        await agencies.add_key(connection, key, agency_id=agency, scopes=list(agencies.Scope))
    body = json.dumps(an_alert()).encode()
    head = (
        "POST /v1/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key.text}\r\nContent-Length: {len(body)}\r\nIdempotency-Key: "
    ).encode()
    return lambda count: (head + str(uuid4()).encode() + b"\r\n\r\n" + body for _ in range(count))


async def _commit(pool: Pool) -> float:
    begun = time.perf_counter()
    await pool.execute("INSERT INTO bench_commit VALUES (now())")
    return time.perf_counter() - begun


def _rates(looks: Sequence[Load], posts: Sequence[Load]) -> list[Row]:
    health, accepted = _rate(looks), _rate(posts)
    ratio = accepted / health
    goal = f"≥ {_RATE_GOAL} of /health"
    return [
        Row("health", health, f"answers/s, {_CONNECTIONS} connections"),
        Row("accept", accepted, "alerts/s", health, ratio, goal, ratio >= _RATE_GOAL),
        Row(
            "accept-cpu", _cpu(posts), "CPU µs of alert-api an alert", _cpu(looks), _cpu(looks) / _cpu(posts)
        ),
    ]


def _times(posts: Sequence[float], commits: Sequence[float]) -> list[Row]:
    p99, commit = _share(posts, 0.99), _share(commits, 0.99)
    ratio = p99 / commit
    goal = f"≤ {_COMMITS_GOAL:.0f} commits"
    return [
        Row("accept-p50", 1e3 * _share(posts, 0.5), "ms, one at a time", 1e3 * _share(commits, 0.5)),
        Row("accept-p99", 1e3 * p99, "ms, one at a time", 1e3 * commit, ratio, goal, ratio <= _COMMITS_GOAL),
    ]


def _all(loads: Sequence[Load]) -> Sequence[float]:
    return [seconds for load in loads for seconds in load.each]


def _rate(loads: Sequence[Load]) -> float:
    return len(_all(loads)) / sum(load.wall for load in loads)


def _cpu(loads: Sequence[Load]) -> float:
    return 1e6 * sum(load.cpu for load in loads) / len(_all(loads))


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
