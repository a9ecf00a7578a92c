"""What Kafka and PostgreSQL share: their environment, and commands that run to their end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tocsin_local.errors import Cancelled, LocalError
from tocsin_local.launcher import Launcher, Program

_LOOK_EVERY = 0.1
# PostgreSQL refuses to start on macOS with a locale that is not there; Java reads file names by it.
_LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


def bare_environment(**more: str) -> Mapping[str, str]:
    """Keep what a server needs: variables such as PGPORT or JAVA_TOOL_OPTIONS of the caller would change it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": _LOCALE, **more}


def run_once(program: Program, *, launcher: Launcher, log: Path, cancelled: Callable[[], bool]) -> None:
    """Run a command to its end.

    Raises:
        LocalError: It failed; the error names its log.
        Cancelled: The stack is ended; so is the command.
    """
    process = launcher.spawn(program)
    try:
        code = _wait(process, cancelled=cancelled)
    finally:
        process.kill()
        process.wait()
        launcher.reaped(process)
    if code:
        raise LocalError(f"{program.name} failed (exit status {code}): see {log}{_last_line(log)}")


def _wait(process: subprocess.Popen[bytes], *, cancelled: Callable[[], bool]) -> int:
    while not cancelled():
        try:
            return process.wait(timeout=_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            continue
    raise Cancelled


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return f" ({lines[-1][:200]})" if lines else ""
