"""What a person at a terminal is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console
from rich.status import Status

from tocsin_local.errors import Cancelled, LocalError
from tocsin_local.state import Condition, ProcessState, StackState


@contextmanager
def told() -> Iterator[None]:
    """Turn what a person can act on into one line on standard error and exit status 1."""
    try:
        yield
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
    except Cancelled:
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        raise SystemExit(130) from None  # 128 + SIGINT, as shells say it


class Progress:
    """Shows how a start goes: with a spinner on a terminal, one line a fact elsewhere."""

    def __init__(self, console: Console, status: Status | None) -> None:
        self._console = console
        self._status = status
        self._said: set[str] = set()

    def show(self, state: StackState) -> None:
        """Say what is new."""
        for process in state.processes:
            if process.state is Condition.READY:
                self._say(f"{process.name} is ready")
        waiting = ", ".join(state.unready())
        note = state.note or (f"waiting for {waiting}" if waiting else "")
        if self._status:
            self._status.update(note)
        elif note and not waiting:
            self._say(note)

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show a start while the context lasts."""
    console = Console()
    if not console.is_terminal:
        yield Progress(console, None)
        return
    with console.status("starting") as status:
        yield Progress(console, status)


def where_to_look(state: StackState) -> str:
    """Say where a running stack shows itself."""
    pages = [f"  {one.title:<8} {one.url}" for one in state.processes if one.title]
    return "\n".join([*pages, "  tocsin status, tocsin logs -f, tocsin down"])


def table(state: StackState, *, now: datetime) -> str:
    """Lay out every process, one a line."""
    head = ("NAME", "STATE", "PID", "RESTARTS", "UP", "URL")
    rows = [head, *(_row(one, now=now) for one in state.processes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(process: ProcessState, *, now: datetime) -> tuple[str, ...]:
    seconds = process.uptime_seconds(now=now)
    up = "-" if seconds is None else str(timedelta(seconds=round(seconds)))
    pid = str(process.pid or "-")
    return (process.name, process.state.value, pid, str(process.restarts), up, process.url or "-")


def as_data(state: StackState | None, *, now: datetime) -> dict[str, object]:
    """Describe a stack for programs."""
    if state is None:
        return {"running": False, "phase": "stopped", "processes": []}
    return {
        "running": state.running(),
        "phase": state.phase.value,
        "base_port": state.base_port,
        "supervisor_pid": state.supervisor_pid,
        "problem": state.problem,
        "processes": [_process_data(one, now=now) for one in state.processes],
    }


def _process_data(process: ProcessState, *, now: datetime) -> dict[str, object]:
    return {
        "name": process.name,
        "pid": process.pid,
        "state": process.state.value,
        "restarts": process.restarts,
        "uptime": process.uptime_seconds(now=now),  # seconds
        "ports": list(process.ports),
        "url": process.url,
    }
