"""What it costs to wait: CPU and memory of everything of ours over a minute without work, against Kafka alone."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.county import running_stack
from tests.bench.cpu import cpu_seconds, resident_mb
from tests.bench.rows import Row
from tests.bench.wish import Wish
from tocsin_local.services import STEPS
from tocsin_local.stack import Stack
from tocsin_store.pool import open_pool

_SECONDS: Final = 60.0
_WARM_SECONDS: Final = 15.0
_NOT_OURS: Final = frozenset({"kafka", "postgres", "tocsin-sandbox"})
_CPU_GOAL: Final = 2.0
_MEMORY_GOAL: Final = 500.0

COMMITS: Final = "SELECT sum(xact_commit)::bigint FROM pg_stat_database"


@dataclass(frozen=True, slots=True)
class Spent:
    """By process: percent of a core, and megabytes; and transactions a second."""

    cpu: Mapping[str, float]
    memory: Mapping[str, float]
    commits: float


def measure(wish: Wish) -> list[Row]:
    """A minute of the servers alone, then one of everything; each after it has settled."""
    seconds = wish.seconds(_SECONDS)
    wish.console.print(f"idle: {seconds:.0f} s of the servers alone, then as long with everything")
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        servers = Stack.servers_only(Path(folder) / "stack", steps=STEPS)
        with servers:
            alone = asyncio.run(_spent(servers, seconds=seconds))
        servers.delete()
    with running_stack() as stack:
        idle = asyncio.run(_spent(stack, seconds=seconds))
    return _rows(alone, idle)


async def _spent(stack: Stack, *, seconds: float) -> Spent:
    async with await open_pool(stack.database_url, size=1, application_name="bench") as pool:
        await asyncio.sleep(_WARM_SECONDS)
        before, commits, begun = cpu_seconds(stack.state), await pool.fetchval(COMMITS), time.perf_counter()
        await asyncio.sleep(seconds)
        after, passed = cpu_seconds(stack.state), time.perf_counter() - begun
        commits = await pool.fetchval(COMMITS) - commits
    cpu = {name: 100 * (after[name] - before.get(name, 0.0)) / passed for name in sorted(after)}
    return Spent(cpu, resident_mb(stack.state), commits / passed)


def _rows(alone: Spent, idle: Spent) -> list[Row]:
    cpu, memory = _ours(idle.cpu), _ours(idle.memory)
    kafka, kafka_mb = alone.cpu.get("kafka", 0.0), alone.memory.get("kafka", 0.0)
    goals = f"≤ {_CPU_GOAL:.0f} % of a core", f"≤ {_MEMORY_GOAL:.0f} MB"
    unit = "% of a core"
    return [
        Row("idle-cpu", cpu, unit + ", ours together", kafka, None, goals[0], cpu <= _CPU_GOAL),
        Row("idle-memory", memory, "MB, ours together", kafka_mb, None, goals[1], memory <= _MEMORY_GOAL),
        Row("idle-transactions", idle.commits, "transactions/s", alone.commits),
        *(Row(f"idle-cpu-{name}", used, unit, alone.cpu.get(name)) for name, used in idle.cpu.items()),
        *(
            Row(f"idle-memory-{name}", used, "MB", alone.memory.get(name))
            for name, used in idle.memory.items()
        ),
    ]


def _ours(by_name: Mapping[str, float]) -> float:
    return sum(value for name, value in by_name.items() if name not in _NOT_OURS)
