"""CPU seconds of a stack's processes, children included (Linux; elsewhere nothing is told)."""

import os
from collections.abc import Mapping
from pathlib import Path

from tocsin_local.state import StackState

_PROC = Path("/proc")


def cpu_seconds(state: StackState) -> Mapping[str, float]:
    """User and system time so far, by process name."""
    if not (_PROC / "self" / "stat").exists():
        return {}
    stats = {pid: stat for path in _PROC.iterdir() if (pid := path.name).isdigit() and (stat := _stat(path))}
    return {
        process.name: sum(
            seconds for pid, (_, seconds) in stats.items() if _is_under(pid, str(process.pid), stats)
        )
        for process in state.processes
        if process.pid
    }


def _stat(path: Path) -> tuple[str, float] | None:
    try:
        fields = (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return None
    return fields[1], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _is_under(pid: str, ancestor: str, stats: Mapping[str, tuple[str, float]]) -> bool:
    while pid != ancestor and pid in stats:
        pid = stats[pid][0]
    return pid == ancestor
