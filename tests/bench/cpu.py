"""CPU seconds and memory of a stack's processes, children included (Linux; elsewhere nothing is told)."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tocsin_local.state import StackState
from tocsin_store.pool import Pool

_PROC = Path("/proc")


def cpu_seconds(state: StackState) -> Mapping[str, float]:
    """User and system time so far, by process name."""
    return _by_process(state, _cpu)


def resident_mb(state: StackState) -> Mapping[str, float]:
    """Memory in use, by process name; what processes share is counted for each."""
    return _by_process(state, _resident)


async def cpu_of_statements(pool: Pool) -> Mapping[str, float]:
    """CPU seconds of the database's processes so far, by the program they serve, or by what they do on their own."""
    if not (_PROC / "self" / "stat").exists():
        return {}
    rows = await pool.fetch(
        "SELECT pid::text, coalesce(nullif(application_name, ''), backend_type) AS whom FROM pg_stat_activity"
    )
    spent: dict[str, float] = {}
    for row in rows:
        if (stat := _stat(_PROC / row["pid"])) is not None:
            spent[row["whom"]] = spent.get(row["whom"], 0.0) + _cpu(stat)
    return spent


def _by_process(state: StackState, measured: Callable[[list[str]], float]) -> Mapping[str, float]:
    if not (_PROC / "self" / "stat").exists():
        return {}
    stats = {pid: stat for path in _PROC.iterdir() if (pid := path.name).isdigit() and (stat := _stat(path))}
    return {
        process.name: sum(
            measured(stat) for pid, stat in stats.items() if _is_under(pid, str(process.pid), stats)
        )
        for process in state.processes
        if process.pid
    }


def _stat(path: Path) -> list[str] | None:
    """What proc(5) says behind the program's name: state, parent, and so on."""
    try:
        return (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return None


def _cpu(stat: list[str]) -> float:
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def _resident(stat: list[str]) -> float:
    return int(stat[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _is_under(pid: str, ancestor: str, stats: Mapping[str, list[str]]) -> bool:
    while pid != ancestor and pid in stats:
        pid = stats[pid][1]
    return pid == ancestor
