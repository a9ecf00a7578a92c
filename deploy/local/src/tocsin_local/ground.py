"""What every process of a running stack stands on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin_local.errors import Cancelled, LocalError
from tocsin_local.journal import Journal
from tocsin_local.keeper import Keeper
from tocsin_local.launcher import Launcher, Program
from tocsin_local.layout import Layout
from tocsin_local.servers import run_once
from tocsin_local.state import Condition, ProcessState, StackState

_PATIENCE = timedelta(seconds=90)


@dataclass(frozen=True)
class Ground:
    """What every process of a running stack stands on, and the processes themselves by name."""

    layout: Layout
    base_port: int
    launcher: Launcher
    journal: Journal
    ending: threading.Event
    keepers: dict[str, Keeper] = field(default_factory=dict)

    def keep(self, program: Program, *, ready: Callable[[], bool], state: ProcessState) -> None:
        """Start a program and keep it running from now on."""
        self.journal.process(state)
        keeper = Keeper(
            program, launcher=self.launcher, ready=ready, state=state, changed=self.journal.process
        )
        self.keepers[program.name] = keeper
        keeper.start()

    def keep_server(self, program: Program, *, ready: Callable[[], bool], state: ProcessState) -> None:
        """Start a server, keep it running, and return when it answers.

        Raises:
            LocalError: It does not answer.
            Cancelled: The stack is ended.
        """
        self.journal.note(f"starting {program.name}")
        self.keep(program, ready=ready, state=state)

        def settled(stack: StackState) -> bool:
            return self.ending.is_set() or program.name not in stack.unready()

        answered = self.journal.wait(settled, timeout=_PATIENCE)
        if self.ending.is_set():
            raise Cancelled
        if not answered:
            raise LocalError(f"{program.name} does not answer: see {self.layout.logs / program.name}.log")

    def run_once(self, program: Program) -> None:
        """Run a command to its end.

        Raises:
            LocalError: It failed.
            Cancelled: The stack is ended.
        """
        self.journal.note(f"running {program.name}")
        log = self.layout.logs / f"{program.name}.log"
        run_once(program, launcher=self.launcher, log=log, cancelled=self.ending.is_set)

    def stop(self) -> None:
        """Stop the services at once, then the servers that they use; return when all are gone."""
        servers = {"kafka", "postgres"} & set(self.keepers)
        for names in (set(self.keepers) - servers, servers):
            for name in names:
                self.keepers[name].begin_stop()
            for name in names:
                self.keepers[name].join()


def shown(name: str, ports: tuple[int, ...], *, http: bool = False, title: str = "") -> ProcessState:
    """Describe a process that is about to start."""
    address = f"127.0.0.1:{ports[0]}"
    return ProcessState(
        name, state=Condition.STARTING, ports=ports, url=f"http://{address}" if http else address, title=title
    )
