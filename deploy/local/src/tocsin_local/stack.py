"""A running stack, owned by this process: what `tocsin up` supervises and what tests start."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Self

from tocsin_local.bring_up import Plan, bring_up
from tocsin_local.deletion import delete_data
from tocsin_local.errors import Cancelled, LocalError
from tocsin_local.ground import Ground
from tocsin_local.journal import Journal
from tocsin_local.keeper import HOPELESS_RESTARTS, Keeper
from tocsin_local.launcher import Launcher
from tocsin_local.layout import Layout
from tocsin_local.locks import take_lock
from tocsin_local.ports import KAFKA, check_ports, free_base
from tocsin_local.secret_files import create_secrets, database_url
from tocsin_local.services import (
    SERVICES,
    STEPS,
    Service,
    Step,
    executable,
    port_purposes,
    shared_environment,
    with_replicas,
)
from tocsin_local.state import Phase, StackState, read_state

_NOTICE = timedelta(seconds=10)
_NONE: Mapping[str, str] = {}
_NO_REPLICAS: Mapping[str, int] = {}


class Stack:
    """Kafka, PostgreSQL and services as children of this process; none outlives it, even if it is killed.

    Blocking: call it with `asyncio.to_thread` from a coroutine. One thread starts and stops it; any may do the rest.
    """

    def __init__(
        self,
        directory: Path,
        *,
        base_port: int | None = None,
        services: tuple[Service, ...] = SERVICES,
        steps: tuple[Step, ...] = STEPS,
        replicas: Mapping[str, int] = _NO_REPLICAS,
        extra_environment: Mapping[str, str] = _NONE,
        kafka_advertised_port: int | None = None,
    ) -> None:
        """Start nothing yet. Without `base_port`: that of the last time in this folder, else a free block.

        With `kafka_advertised_port` Kafka sends its clients there: something between must pass on to where it listens.
        """
        self.layout = Layout.at(directory)
        before = read_state(self.layout)
        self.base_port = base_port or (before.base_port if before else free_base())
        self._services = with_replicas(services, replicas)
        self._steps = steps
        self._replicas = dict(replicas)
        self._extra = dict(extra_environment)
        self._kafka_advertised_port = kafka_advertised_port
        self._ending = threading.Event()
        self._resources = ExitStack()
        self._journal: Journal | None = None
        self._ground: Ground | None = None

    @classmethod
    def servers_only(
        cls, directory: Path, *, base_port: int | None = None, steps: tuple[Step, ...] = ()
    ) -> Self:
        """Make a stack of Kafka and an empty PostgreSQL; `steps=STEPS` migrates it and makes the topics."""
        return cls(directory, base_port=base_port, services=(), steps=steps)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    @property
    def database_url(self) -> str:
        """Where the database is, password included; known once it was started."""
        return database_url(self.layout.secrets)

    @property
    def kafka_bootstrap(self) -> str:
        """Where Kafka is."""
        return f"127.0.0.1:{self.base_port + KAFKA}"

    @property
    def state(self) -> StackState:
        """What runs at this moment."""
        return self._started.journal.state

    def environment(self) -> dict[str, str]:
        """Say what every service is told; add its ports to run one by hand."""
        return {**os.environ, **shared_environment(self.layout, base_port=self.base_port), **self._extra}

    def start(self) -> None:
        """Start everything; return when Kafka and PostgreSQL answer, the steps are done and the services began.

        Raises:
            LocalError: It cannot start; all is stopped again.
            Cancelled: `cancel` was called; all is stopped again.
        """
        self.layout.create()
        self._ending.clear()
        try:
            self._ground = self._prepare()
            environment = self.environment()
            plan = Plan(self._services, self._steps, environment, self._kafka_advertised_port)
            bring_up(self._ground, plan=plan)
            self._ground.journal.enter(Phase.RUNNING)
        except BaseException as error:
            self._end(Phase.FAILED if isinstance(error, LocalError) else Phase.STOPPED, problem=str(error))
            raise

    def cancel(self) -> None:
        """Make a `start` that another thread is in give up; safe in a signal handler too."""
        self._ending.set()

    def stop(self) -> None:
        """Stop the services, then the servers; return when nothing is left. Data stays."""
        self._end(Phase.STOPPED)

    def wait_ready(
        self, names: Iterable[str] | None = None, *, timeout: timedelta = timedelta(seconds=60)
    ) -> None:
        """Wait until these processes (all, if None) are ready.

        Raises:
            LocalError: One is not ready in time, or dies again and again.
            Cancelled: `cancel` was called meanwhile.
        """
        wanted = set(self._started.keepers if names is None else names)
        before = {one.name: one.restarts for one in self.state.processes}

        def settled(state: StackState) -> bool:
            hopeless = any(one.restarts - before[one.name] >= HOPELESS_RESTARTS for one in state.processes)
            return hopeless or self._ending.is_set() or not wanted.intersection(state.unready())

        self._started.journal.wait(settled, timeout=timeout)
        if self._ending.is_set():
            raise Cancelled
        late = [name for name in self.state.unready() if name in wanted]
        if late:
            raise LocalError(f"Not ready: {', '.join(late)}. See {self.layout.logs / late[0]}.log")

    def delete(self) -> None:
        """Delete everything that a stopped stack stored, wherever it is."""
        delete_data(self.layout)

    def pid(self, name: str) -> int | None:
        """Name the process as it is now; None while there is none."""
        return self._keeper(name).state.pid

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a process; if it dies it is started again.

        Returns at once; after SIGKILL when the death was noticed, so that `wait_ready` speaks of the next process.
        """
        who = self._keeper(name).state.identity
        self._keeper(name).signal(number)
        if number == signal.SIGKILL:
            self._started.journal.wait(lambda _: self._keeper(name).state.identity != who, timeout=_NOTICE)

    def stop_one(self, name: str) -> None:
        """Stop one process and leave it stopped."""
        self._keeper(name).begin_stop()
        self._keeper(name).join()

    def start_one(self, name: str) -> None:
        """Start a process that was stopped alone; `wait_ready` waits for it."""
        self._keeper(name).start()

    @property
    def _started(self) -> Ground:
        if self._ground is None:
            raise LocalError("The stack was not started.")
        return self._ground

    def _keeper(self, name: str) -> Keeper:
        try:
            return self._started.keepers[name]
        except KeyError:
            known = ", ".join(self._started.keepers)
            raise LocalError(f"There is no process {name}: choose among {known}.") from None

    def _prepare(self) -> Ground:
        """Take the folder and look at the ports; the lock is let go last, by the guard too."""
        lock = take_lock(self.layout)
        self._resources.callback(os.close, lock)
        before = read_state(self.layout) or StackState(self.base_port)
        self._journal = Journal(self.layout, before, base_port=self.base_port, replicas=self._replicas)
        self._journal.enter(Phase.STARTING)
        for word in [one.command[0] for one in self._services] + [one.command[0] for one in self._steps]:
            executable(word)
        check_ports(port_purposes(self._services, base_port=self.base_port))
        create_secrets(self.layout.secrets, base_port=self.base_port)
        launcher = Launcher(logs=self.layout.logs, keep_open=lock)
        self._resources.callback(launcher.close)
        return Ground(self.layout, self.base_port, launcher, self._journal, self._ending)

    def _end(self, phase: Phase, *, problem: str = "") -> None:
        self._ending.set()
        with self._resources:  # at its end the guard ends, and with it the lock
            if self._ground:
                self._ground.journal.enter(Phase.STOPPING)
                self._ground.stop()
            if self._journal:
                self._journal.enter(phase, problem=problem)
        self._ground = self._journal = None
