"""What was measured, and where."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_CPU: Final = Path("/proc/cpuinfo")
_ROOT: Final = Path(__file__).parents[2]


def about() -> Mapping[str, object]:
    """The machine, the commit, and since when."""
    return {"machine": _machine(), "commit": _commit(), "begun_at": datetime.now(UTC).isoformat()}


def _machine() -> Mapping[str, object]:
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def _cpu() -> str:
    found = re.search(r"model name\s*:\s*(.+)", _CPU.read_text()) if _CPU.exists() else None
    return found[1] if found else platform.processor()


def _commit() -> str:
    """Short hash, `-dirty` where files differ from it; empty where this is no checkout."""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - ours
    except FileNotFoundError:
        return ""
    return told.stdout.strip()
