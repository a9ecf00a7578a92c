"""What a stack is doing, in a file that its supervisor rewrites and every verb reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import TypeAdapter, ValidationError

from tocsin_local.errors import LocalError
from tocsin_local.layout import Layout
from tocsin_local.processes import identity
from tocsin_local.secret_files import write_private


class Condition(StrEnum):
    """Of one process."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


class Phase(StrEnum):
    """Of the whole stack."""

    STARTING = "starting"
    RUNNING = "running"  # everything was started; each process says for itself whether it is ready
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"  # it could not start; `problem` says why


@dataclass(frozen=True)
class ProcessState:
    """One process."""

    name: str
    state: Condition = Condition.STOPPED
    pid: int | None = None
    identity: str | None = None  # tells this process from a later one with the same pid
    restarts: int = 0
    started_at: datetime | None = None
    ports: tuple[int, ...] = ()
    url: str | None = None
    title: str = ""

    def uptime_seconds(self, *, now: datetime) -> float | None:
        """Say for how long it has run; None if it does not."""
        return (now - self.started_at).total_seconds() if self.pid and self.started_at else None


@dataclass(frozen=True)
class StackState:
    """The whole stack; what a later start must know outlives the processes."""

    base_port: int
    phase: Phase = Phase.STOPPED
    note: str = ""  # what is being done, for people
    problem: str = ""
    supervisor_pid: int | None = None
    supervisor_identity: str | None = None
    postgres_home: str | None = None
    replicas: dict[str, int] = field(default_factory=dict)
    processes: tuple[ProcessState, ...] = ()

    def running(self) -> bool:
        """Say whether the supervisor that wrote this is alive: the same process, not its pid in other hands."""
        alive = self.supervisor_pid is not None and identity(self.supervisor_pid) == self.supervisor_identity
        return alive and self.phase is not Phase.STOPPED

    def as_of_now(self) -> StackState:
        """Correct what a supervisor that was killed could not write any more."""
        if self.running() or self.phase in {Phase.STOPPED, Phase.FAILED}:
            return self
        stopped = tuple(
            replace(one, state=Condition.STOPPED, pid=None, identity=None, started_at=None)
            for one in self.processes
        )
        return replace(
            self, phase=Phase.STOPPED, processes=stopped, supervisor_pid=None, supervisor_identity=None
        )

    def unready(self) -> tuple[str, ...]:
        """Name the processes that are not ready."""
        return tuple(one.name for one in self.processes if one.state is not Condition.READY)


_ADAPTER = TypeAdapter(StackState)


def read_state(layout: Layout) -> StackState | None:
    """Read the state; None where no stack ever ran.

    Raises:
        LocalError: The file is not ours or of another version.
    """
    try:
        return _ADAPTER.validate_json(layout.state.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise LocalError(
            f"{layout.state} cannot be read: `tocsin down`, delete that file, then `tocsin up`."
        ) from error


def write_state(layout: Layout, state: StackState) -> None:
    """Replace the file at once: a reader sees the old or the new, never half."""
    write_private(layout.state, _ADAPTER.dump_json(state, indent=2).decode())


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def url_of(state: StackState, name: str) -> str:
    """Where a process answers.

    Raises:
        LocalError: There is no such process, or it has no port.
    """
    for process in state.processes:
        if process.name == name and process.url:
            return process.url
    raise LocalError(f"{name} answers nowhere.")
