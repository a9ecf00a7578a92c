"""Keep one program running: start it, ask whether it is ready, start it again when it dies."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from tocsin_local.guard import end_group
from tocsin_local.launcher import Launcher, Program
from tocsin_local.processes import identity
from tocsin_local.state import Condition, ProcessState, now

FIRST_PAUSE = timedelta(seconds=0.2)
LONGEST_PAUSE = timedelta(seconds=5)
HOPELESS_RESTARTS = 8  # about 20 s of trying
_STEADY = timedelta(seconds=10)  # a program that lived this long has earned the first pause again
_ASK_WHILE_STARTING = 0.15  # seconds
_ASK_WHILE_READY = 2.0
_LOOK_EVERY = 0.05

_log = logging.getLogger(__name__)


def next_pause(pause: timedelta, *, lived: timedelta) -> timedelta:
    """Say how long to wait before the start after this one."""
    return FIRST_PAUSE if lived >= _STEADY else min(pause * 2, LONGEST_PAUSE)


class Keeper:
    """Keeps one program running until it is told to stop; everything it does happens in a thread of its own."""

    def __init__(
        self,
        program: Program,
        *,
        launcher: Launcher,
        ready: Callable[[], bool],
        state: ProcessState,
        changed: Callable[[ProcessState], None],
    ) -> None:
        """`state` names ports and address; `changed` is called after each change of it, from any thread."""
        self._program = program
        self._launcher = launcher
        self._ready = ready
        self._changed = changed
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.state = state

    def start(self) -> None:
        """Begin to keep it running; nothing happens if that is so already."""
        if self._thread and self._thread.is_alive():
            return
        self._stopping.clear()
        self._set(replace(self.state, state=Condition.STARTING))
        self._thread = threading.Thread(target=self._keep, name=f"keep-{self._program.name}", daemon=True)
        self._thread.start()

    def begin_stop(self) -> None:
        """Begin to end it for good: its stop signal, after its grace SIGKILL."""
        self._stopping.set()

    def join(self) -> None:
        """Return when it is gone; call `begin_stop` before."""
        if self._thread:
            self._thread.join()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process as it is now; nothing happens if there is none."""
        state = self.state
        if state.pid and identity(state.pid) == state.identity:
            with suppress(ProcessLookupError):
                os.killpg(state.pid, number)

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._run_once()
            lived = timedelta(seconds=time.monotonic() - began)
            if self._stopping.is_set():
                break
            pause = FIRST_PAUSE if lived >= _STEADY else pause
            _log.warning(
                "process_exited name=%s code=%s restart_in=%s",
                self._program.name,
                code,
                pause.total_seconds(),
            )
            self._set(
                replace(
                    self.state,
                    state=Condition.RESTARTING,
                    pid=None,
                    identity=None,
                    restarts=self.state.restarts + 1,
                )
            )
            self._stopping.wait(pause.total_seconds())
            pause = next_pause(pause, lived=lived)
        self._set(replace(self.state, state=Condition.STOPPED, pid=None, identity=None, started_at=None))

    def _run_once(self) -> int | None:
        try:
            return self._run()
        except OSError:  # no memory or no room for one more process: the next try may find some
            _log.exception("process_not_started name=%s", self._program.name)
            return None

    def _run(self) -> int:
        process = self._launcher.spawn(self._program)
        who = identity(process.pid)
        self._set(replace(self.state, pid=process.pid, identity=who, started_at=now()))
        _log.info("process_started name=%s pid=%s", self._program.name, process.pid)
        try:
            self._watch(process)
            return self._end(process)
        finally:
            self._launcher.reaped(process)

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the process has ended or is to end."""
        while process.poll() is None and not self._stopping.is_set():
            self._launcher.mend()
            ready = self._ready()
            if ready is not (self.state.state is Condition.READY):
                self._set(replace(self.state, state=Condition.READY if ready else Condition.STARTING))
            pause = _ASK_WHILE_READY if ready else _ASK_WHILE_STARTING
            self._wait(process, pause)

    def _wait(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """Wait for the next question, or less if the process ends or is to end."""
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            if self._stopping.wait(_LOOK_EVERY):
                return

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        if process.poll() is None:
            end_group(process.pid, self._program.stop_signal)
        try:
            return process.wait(self._program.grace.total_seconds())
        except subprocess.TimeoutExpired:
            _log.warning("process_killed name=%s", self._program.name)
            end_group(process.pid, signal.SIGKILL)
            return process.wait()

    def _set(self, state: ProcessState) -> None:
        self.state = state
        self._changed(state)
