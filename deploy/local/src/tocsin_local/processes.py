"""Tell a process from a later one that got the same pid."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_STARTED = 19  # fields of /proc/PID/stat after the name: proc_pid_stat(5), field 22
_GONE = frozenset("ZX")


def identity(pid: int) -> str | None:
    """Name the process that has this pid now: its pid and start time; None if it is gone or a zombie."""
    return _linux(pid) if sys.platform == "linux" else _posix(pid)


def _linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in _GONE else f"{pid}@{fields[_STARTED]}@{_boot()}"


def _boot() -> str:
    """Start times count from the boot, so they repeat after it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _posix(pid: int) -> str | None:
    command = ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603  # fixed words and a number
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not state or state[0] in _GONE else f"{pid}@{started.strip()}"
