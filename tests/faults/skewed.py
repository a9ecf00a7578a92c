"""Services with clocks that go wrong: `python -m tests.faults.skewed NAME` runs the console script NAME with one."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import tocsin_runtime.clock
from tests.faults.playing import SANDBOX
from tocsin_local.services import Service

CLOCKS: Final = "TOCSIN_FAULTS_CLOCKS"
"""Variable: the folder of the clocks, one file a process, which holds the seconds that it is ahead."""
PROCESS: Final = "TOCSIN_FAULTS_PROCESS"
"""Variable: the name of the process, which is its file's."""

_PROJECT: Final = Path(__file__).resolve().parents[2]
_READ_EVERY_S: Final = 0.1


class SkewedClock:
    """A clock that is ahead by the seconds in a file, which is read again every tenth of a second; by none without it."""

    def __init__(self, file: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._monotonic = monotonic
        self._ahead = timedelta()
        self._read_at = -_READ_EVERY_S

    def now(self) -> datetime:
        """The time by this clock, in UTC."""
        asked_at = self._monotonic()
        if asked_at - self._read_at >= _READ_EVERY_S:
            self._ahead, self._read_at = _read(self._file), asked_at
        return datetime.now(UTC) + self._ahead


def skewed_services(services: tuple[Service, ...], *, sources: str | None = None) -> tuple[Service, ...]:
    """The same services, ours with a clock that a fault can move.

    Each looks at the clock of its own name. Replicas that are made of them afterwards look at the clock of the first:
    give replicas in here, from `with_replicas`, and each has its own. The stack must be told `CLOCKS`.

    Args:
        services: Of a stack.
        sources: Search path of a changed copy of the sources, to be run in place of what is installed.
    """
    path = os.pathsep.join(part for part in (sources, str(_PROJECT)) if part)
    return tuple(one if one.command[0] == SANDBOX else _skewed(one, path=path) for one in services)


def _skewed(service: Service, *, path: str) -> Service:
    return replace(
        service,
        command=(sys.executable, "-m", "tests.faults.skewed", *service.command),
        environment={
            **service.environment,
            "PYTHONPATH": path,
            PROCESS: service.name,
        },
    )


def _read(file: Path) -> timedelta:
    try:
        return timedelta(seconds=float(file.read_text()))
    except FileNotFoundError:
        return timedelta()


def main() -> None:
    """Put the clock in place, then run the program: whoever imports the clock later gets this one."""
    name = sys.argv[1]
    clock = SkewedClock(Path(os.environ[CLOCKS]) / os.environ.get(PROCESS, name))
    tocsin_runtime.clock.utc_now = clock.now
    (script,) = entry_points(group="console_scripts", name=name)
    sys.argv = sys.argv[1:]
    program: Callable[[], None] = script.load()
    program()


if __name__ == "__main__":
    main()
