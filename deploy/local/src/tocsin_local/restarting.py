"""Restart one service of a stack that another process supervises."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from datetime import timedelta

from tocsin_local.errors import LocalError
from tocsin_local.layout import Layout
from tocsin_local.processes import identity
from tocsin_local.state import Condition, ProcessState, StackState, read_state

_LOOK_EVERY = 0.1


def restart_service(layout: Layout, name: str, *, timeout: timedelta = timedelta(seconds=60)) -> None:
    """End a service and its replicas; their supervisor starts them again. Return when they are ready.

    Raises:
        LocalError: Nothing runs, there is no such service, or it does not become ready.
    """
    before = {one.name: one.identity for one in _replicas(_running(layout), name)}
    for process in _replicas(_running(layout), name):
        _end(process)
    deadline = time.monotonic() + timeout.total_seconds()
    while not all(_anew(one, before) for one in _replicas(_running(layout), name)):
        if time.monotonic() > deadline:
            raise LocalError(f"{name} is not ready again: `tocsin logs {name}` says why.")
        time.sleep(_LOOK_EVERY)


def _anew(process: ProcessState, before: dict[str, str | None]) -> bool:
    return process.state is Condition.READY and process.identity != before[process.name]


def _end(process: ProcessState) -> None:
    gentle = signal.SIGINT if process.name == "postgres" else signal.SIGTERM
    if process.pid and identity(process.pid) == process.identity:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, gentle)


def _running(layout: Layout) -> StackState:
    state = read_state(layout)
    if state is None or not state.running():
        raise LocalError(f"Nothing runs in {layout.root}: `tocsin up` first.")
    return state


def _replicas(state: StackState, name: str) -> list[ProcessState]:
    found = [one for one in state.processes if re.fullmatch(rf"{re.escape(name)}(-\d+)?", one.name)]
    if not found:
        known = ", ".join(one.name for one in state.processes)
        raise LocalError(f"There is no service {name}: choose among {known}.")
    return found
