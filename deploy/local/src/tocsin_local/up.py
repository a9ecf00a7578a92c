"""Start a stack in the background and wait until it is ready."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from tocsin_local.errors import LocalError
from tocsin_local.keeper import HOPELESS_RESTARTS
from tocsin_local.layout import Layout
from tocsin_local.locks import is_locked
from tocsin_local.orders import Order
from tocsin_local.state import Phase, StackState, read_state

_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Supervisor:
    """A supervisor in the background, as the one who started it sees it."""

    layout: Layout
    process: subprocess.Popen[bytes]

    def state(self) -> StackState | None:
        """Read the state it wrote; None before it did."""
        state = read_state(self.layout)
        return state if state and state.supervisor_pid == self.process.pid else None

    def end(self) -> None:
        """End it and all it started."""
        self.process.terminate()
        self.process.wait()

    def problem(self) -> str:
        """Say why it gave up."""
        state = read_state(self.layout)
        if state and state.phase is Phase.FAILED:
            return state.problem
        log = self.layout.logs / "supervisor.log"
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        return f"The supervisor ended: see {log} ({''.join(last)})"


def start_in_background(order: Order) -> Supervisor:
    """Start a supervisor in a session of its own: it outlives this process and its terminal."""
    layout = Layout.at(order.directory)
    layout.create()
    with (layout.logs / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tocsin_local.supervise"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=layout.root,
            start_new_session=True,
        )
    if process.stdin:
        with process.stdin as pipe:
            pipe.write(replace(order, directory=layout.root).to_json())
    return Supervisor(layout, process)


def wait_until_ready(
    supervisor: Supervisor, *, show: Callable[[StackState], None], timeout: timedelta
) -> StackState:
    """Wait until every process is ready, and return the state.

    Args:
        supervisor: Just started.
        show: Told the state again and again.
        timeout: For the services, once all of them were started: what comes before has limits of its own.

    Raises:
        LocalError: The stack could not start and is stopped; or a service is not ready, and the stack is left running.
    """
    started: float | None = None
    while supervisor.process.poll() is None:
        state = supervisor.state()
        if state:
            show(state)
        if state and state.phase is Phase.RUNNING:
            started = started or time.monotonic()
            if not state.unready():
                return state
            _refuse_hopeless(state, late=time.monotonic() - started > timeout.total_seconds())
        time.sleep(_LOOK_EVERY)
    raise LocalError(supervisor.problem())


def _refuse_hopeless(state: StackState, *, late: bool) -> None:
    for process in state.processes:
        if process.name in state.unready() and (late or process.restarts >= HOPELESS_RESTARTS):
            raise LocalError(
                f"{process.name} is not ready (it was restarted {process.restarts} times): `tocsin logs {process.name}` "
                "says why; the stack runs on, `tocsin down` ends it."
            )


def stop(layout: Layout, *, patience: timedelta = timedelta(seconds=60)) -> bool:
    """End the stack of a folder; return when nothing of it is left. False if none ran.

    A supervisor that does not end in time is killed; its guard then ends the rest.
    """
    state = read_state(layout)
    ran = is_locked(layout)
    if state and state.running() and state.supervisor_pid:
        os.kill(state.supervisor_pid, signal.SIGTERM)
        if not _unlocked(layout, patience=patience):
            os.kill(state.supervisor_pid, signal.SIGKILL)
    if not _unlocked(layout, patience=patience):
        raise LocalError(
            f"Something of the stack in {layout.root} does not end: look with `ps`, then try again."
        )
    return ran


def _unlocked(layout: Layout, *, patience: timedelta) -> bool:
    deadline = time.monotonic() + patience.total_seconds()
    while is_locked(layout):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_EVERY)
    return True
