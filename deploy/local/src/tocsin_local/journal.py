"""The state of a running stack: one writer, shared by the threads of its supervisor."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tocsin_local.layout import Layout
from tocsin_local.processes import identity
from tocsin_local.state import Phase, ProcessState, StackState, write_state

_ASK_EVERY = 0.2  # seconds

_log = logging.getLogger(__name__)


class Journal:
    """Holds the state, writes each change to the file, wakes who waits for one."""

    def __init__(
        self, layout: Layout, before: StackState, *, base_port: int, replicas: Mapping[str, int]
    ) -> None:
        """Take over the state of an earlier run; what ran then is forgotten."""
        self._layout = layout
        self._changed = threading.Condition()
        pid = os.getpid()
        self.state = StackState(
            base_port,
            supervisor_pid=pid,
            supervisor_identity=identity(pid),
            postgres_home=before.postgres_home,
            replicas=dict(replicas),
        )

    def note(self, text: str) -> None:
        """Say what is being done."""
        _log.info("stack_progress doing=%r", text)
        with self._changed:
            self._write(replace(self.state, note=text))

    def enter(self, phase: Phase, *, problem: str = "") -> None:
        """Enter a phase; a stack that ended has no supervisor."""
        with self._changed:
            state = replace(self.state, phase=phase, problem=problem or self.state.problem, note="")
            over = phase in {Phase.STOPPED, Phase.FAILED}
            self._write(replace(state, supervisor_pid=None, supervisor_identity=None) if over else state)

    def postgres_lives_at(self, home: Path) -> None:
        """Record where PostgreSQL's data is: a later start must find it."""
        with self._changed:
            self._write(replace(self.state, postgres_home=str(home)))

    def process(self, process: ProcessState) -> None:
        """Record a process; processes keep the order in which they were first named."""
        with self._changed:
            others = {one.name: one for one in self.state.processes} | {process.name: process}
            self._write(replace(self.state, processes=tuple(others.values())))

    def wait(self, condition: Callable[[StackState], bool], *, timeout: timedelta) -> bool:
        """Return True as soon as the condition holds, False when it did not in time.

        It is asked after each change, and a few times a second for what is not part of the state.
        """
        deadline = time.monotonic() + timeout.total_seconds()
        with self._changed:
            while not condition(self.state):
                if time.monotonic() > deadline:
                    return False
                self._changed.wait(_ASK_EVERY)
        return True

    def _write(self, state: StackState) -> None:
        self.state = state
        write_state(self._layout, state)
        self._changed.notify_all()
