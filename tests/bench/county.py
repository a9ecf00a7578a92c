"""33,000 emails: from POST to the last merged receipt, on a fresh stack."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console

from tests.bench.cpu import cpu_seconds
from tests.bench.rows import Row
from tocsin_local.demo_alert import EMAIL_ALERT, Client, Sending
from tocsin_local.demo_load import Loaded, load
from tocsin_local.stack import Stack
from tocsin_local.state import url_of
from tocsin_schemas.words import Channel
from tocsin_store.pool import open_pool

MEMBERS: Final = 36_150
"""So many sample members consent that about 33,000 deliveries come of them."""
_GOAL_SECONDS: Final = 30.0
_ONE_EACH: Final[Mapping[str, int]] = {}


@contextmanager
def running_stack(replicas: Mapping[str, int] = _ONE_EACH, /, **environment: str) -> Iterator[Stack]:
    """A fresh stack with these settings besides its own."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        stack = Stack(Path(folder) / "stack", replicas=replicas, extra_environment=environment)
        with stack:
            stack.wait_ready(timeout=timedelta(seconds=120))
            yield stack
        stack.delete()


def measure(
    *, relay: str, environment: Mapping[str, str], ceiling: float | None, console: Console
) -> list[Row]:
    """Send one alert to the county; `ceiling` is smtp-source's rate in this run."""
    with running_stack(**environment) as stack:
        console.print(f"county through {relay}: loading {MEMBERS} members")
        loaded, sending, cpu, hot = asyncio.run(_send(stack))
    rate = loaded.expected[Channel.EMAIL] / sending.delivered
    row = f"county-{relay}"
    rows = [
        Row(
            row,
            sending.delivered,
            f"s for {loaded.expected[Channel.EMAIL]} deliveries",
            ceiling and loaded.expected[Channel.EMAIL] / ceiling,
            ceiling and rate / ceiling,
            f"≤ {_GOAL_SECONDS:.0f} s",
            sending.delivered <= _GOAL_SECONDS,
        ),
        Row(f"{row}-rate", rate, "deliveries/s", ceiling, ceiling and rate / ceiling),
        Row(f"{row}-fan-out", sending.fanned_out, "s"),
        Row(f"{row}-hot", hot, "share of updates", 1.0, hot, "≥ 0.9", hot >= 0.9),
    ]
    per_delivery = {
        name: 1e6 * seconds / loaded.expected[Channel.EMAIL] for name, seconds in sorted(cpu.items())
    }
    rows += [Row(f"{row}-cpu-{name}", micros, "µs/delivery") for name, micros in per_delivery.items()]
    return [*rows, Row(f"{row}-cpu", sum(per_delivery.values()), "µs/delivery")]


async def _send(stack: Stack) -> tuple[Loaded, Sending, Mapping[str, float], float]:
    loaded = await load(stack.database_url, count=MEMBERS, seed=1, progress=lambda _: None)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {loaded.api_key}"}) as session:
        before = cpu_seconds(stack.state)
        client = Client(session, url=url_of(stack.state, "alert-api"), alert=EMAIL_ALERT)
        sending = await client.send(
            expected=loaded.expected[Channel.EMAIL], patience=300, show=lambda _: None
        )
        after = cpu_seconds(stack.state)
    cpu = {name: after[name] - before.get(name, 0.0) for name in after}
    return loaded, sending, cpu, await _hot_ratio(stack.database_url)


async def _hot_ratio(database_url: str) -> float:
    """Share of the ledger's updates that touched no index, once the statistics are in."""
    await asyncio.sleep(2)
    async with await open_pool(database_url, size=1, application_name="bench") as pool:
        return float(
            await pool.fetchval(
                """SELECT sum(n_tup_hot_upd)::float / greatest(sum(n_tup_upd), 1)
                   FROM pg_stat_user_tables WHERE relname LIKE 'delivery\\_%'"""
            )
        )
