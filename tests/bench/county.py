"""33,000 emails: from POST to the last merged receipt, on a fresh stack."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console

from tests.bench.cpu import cpu_of_statements, cpu_seconds
from tests.bench.rows import Row
from tocsin_local.demo_alert import EMAIL_ALERT, Client, Sending
from tocsin_local.demo_load import Loaded, load
from tocsin_local.stack import Stack
from tocsin_local.state import url_of
from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool, open_pool

MEMBERS: Final = 36_150
"""So many sample members consent that about 33,000 deliveries come of them."""
_GOAL_SECONDS: Final = 30.0
_GOAL_RATIO: Final = 0.2
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


@dataclass(frozen=True, slots=True)
class Use:
    """What was used so far: CPU seconds by process, and of the database by whom it serves; bytes."""

    cpu: Mapping[str, float]
    database_cpu: Mapping[str, float]
    wal: float
    log: float
    """Of all topics, as they lie on the disk."""


def measure(
    *, relay: str, environment: Mapping[str, str], ceiling: float | None, console: Console
) -> list[Row]:
    """Send one alert to the county; `ceiling` is the rate of our client alone in this run."""
    with running_stack(**environment) as stack:
        console.print(f"county through {relay}: loading {MEMBERS} members")
        loaded, sending, (before, after), hot = asyncio.run(_send(stack))
    count, row = loaded.expected[Channel.EMAIL], f"county-{relay}"
    rate = count / sending.delivered
    rows = [
        Row(
            row,
            sending.delivered,
            f"s for {count} deliveries",
            ceiling and count / ceiling,
            None,
            f"≤ {_GOAL_SECONDS:.0f} s",
            sending.delivered <= _GOAL_SECONDS,
        ),
        _rate(f"{row}-rate", rate, ceiling),
        Row(f"{row}-fan-out", sending.fanned_out, "s"),
        Row(f"{row}-hot", hot, "share of updates", 1.0, hot, "≥ 0.9", hot >= 0.9),
        Row(f"{row}-wal", (after.wal - before.wal) / count, "bytes of WAL/delivery"),
        Row(f"{row}-kafka", (after.log - before.log) / count, "bytes on Kafka/delivery"),
    ]
    return [*rows, *_cpu_rows(row, before, after, count=count)]


def _rate(row: str, rate: float, ceiling: float | None) -> Row:
    if ceiling is None:
        return Row(row, rate, "deliveries/s")
    ratio = rate / ceiling
    return Row(
        row,
        rate,
        "deliveries/s",
        ceiling,
        ratio,
        f"≥ {_GOAL_RATIO} of our client alone",
        ratio >= _GOAL_RATIO,
    )


def _cpu_rows(row: str, before: Use, after: Use, *, count: int) -> list[Row]:
    """By process; the database's once more by whom it serves."""
    cpu, database = (
        {name: 1e6 * (now[name] - then.get(name, 0.0)) / count for name in sorted(now)}
        for then, now in ((before.cpu, after.cpu), (before.database_cpu, after.database_cpu))
    )
    return [
        *(Row(f"{row}-cpu-{name}", micros, "µs/delivery") for name, micros in cpu.items()),
        *(
            Row(f"{row}-cpu-postgres-for-{name.replace(' ', '-')}", micros, "µs/delivery")
            for name, micros in database.items()
            if round(micros)
        ),
        Row(f"{row}-cpu", sum(cpu.values()), "µs/delivery"),
    ]


async def _send(stack: Stack) -> tuple[Loaded, Sending, tuple[Use, Use], float]:
    loaded = await load(stack.database_url, count=MEMBERS, seed=1, progress=lambda _: None)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {loaded.api_key}"}) as session,
        await open_pool(stack.database_url, size=1, application_name="bench") as pool,
    ):
        before = await _use(stack, pool)
        client = Client(session, url=url_of(stack.state, "alert-api"), alert=EMAIL_ALERT)
        sending = await client.send(
            expected=loaded.expected[Channel.EMAIL], patience=300, show=lambda _: None
        )
        after = await _use(stack, pool)
        return loaded, sending, (before, after), await _hot_ratio(pool)


async def _use(stack: Stack, pool: Pool) -> Use:
    wal = await pool.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float")
    log = sum(path.stat().st_size for path in stack.layout.kafka.rglob("*.log"))
    return Use(cpu_seconds(stack.state), await cpu_of_statements(pool), wal, log)


async def _hot_ratio(pool: Pool) -> float:
    """Share of the ledger's updates that touched no index, once the statistics are in."""
    await asyncio.sleep(2)
    return float(
        await pool.fetchval(
            """SELECT sum(n_tup_hot_upd)::float / greatest(sum(n_tup_upd), 1)
               FROM pg_stat_user_tables WHERE relname LIKE 'delivery\\_%'"""
        )
    )
