"""Start programs so that none outlives this process, even when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from tocsin_local.accounts import Account
from tocsin_local.guard import end_group

# The program tells the guard of itself before it becomes what it is: there is no moment in which it runs and the
# guard, should this process be killed just then, does not know. Its input is the guard's pipe until the exec. This
# process says it again, for a program that was stopped before it could.
_ANNOUNCE = 'echo "$$ $1 $2" >&0 && shift 2 && exec "$@" </dev/null'
_LONG_LOG = 20_000_000  # bytes


@dataclass(frozen=True)
class Program:
    """One process to run: how it starts and how it ends."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    account: Account | None = None  # None: whoever runs the stack
    stop_signal: signal.Signals = signal.SIGTERM
    grace: timedelta = timedelta(seconds=10)  # from the stop signal to SIGKILL


class Launcher:
    """Starts programs under one guard, which ends them when this process is gone; each leads its own session."""

    def __init__(self, *, logs: Path, keep_open: int) -> None:
        """Start the guard; it holds the descriptor `keep_open` (the lock of the stack) until all is ended."""
        self._logs = logs
        self._keep_open = keep_open
        self._running: dict[int, Program] = {}
        self._mutex = threading.Lock()
        self._guard, self._pipe = self._start_guard()

    def spawn(self, program: Program) -> subprocess.Popen[bytes]:
        """Start a program, its output appended to its log."""
        with self._mutex, _log(self._logs, program.name) as log:
            words = [*_manner(program), *program.command]
            process = subprocess.Popen(  # noqa: S603  # our own programs
                ["/bin/sh", "-c", _ANNOUNCE, "sh", *words],
                stdin=self._pipe,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.folder,
                env=dict(program.environment),
                start_new_session=True,
                user=program.account.uid if program.account else None,
                group=program.account.gid if program.account else None,
                extra_groups=[] if program.account else None,
            )
            self._running[process.pid] = program
            self._announce(process.pid, program)
        return process

    def reaped(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a process that has ended, and end what it left behind in its group."""
        end_group(process.pid, signal.SIGKILL)
        with self._mutex:
            self._running.pop(process.pid, None)
            self._tell(f"-{process.pid}")

    def mend(self) -> None:
        """Start another guard if somebody killed it."""
        with self._mutex:
            if self._guard.poll() is None:
                return
            os.close(self._pipe)
            self._guard, self._pipe = self._start_guard()
            for pid, program in self._running.items():
                self._announce(pid, program)

    def close(self) -> None:
        """Let the guard end whatever still runs, and wait for that."""
        self._tell("end")
        os.close(self._pipe)
        self._guard.wait()

    def _announce(self, pid: int, program: Program) -> None:
        self._tell(" ".join([str(pid), *_manner(program)]))

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # no guard: `mend` repeats it all to the next
            os.write(self._pipe, f"{line}\n".encode())

    def _start_guard(self) -> tuple[subprocess.Popen[bytes], int]:
        reader, writer = os.pipe()
        with _log(self._logs, "guard") as log:
            guard = subprocess.Popen(
                [sys.executable, "-P", "-m", "tocsin_local.guard"],
                stdin=reader,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(self._keep_open,),
            )
        os.close(reader)
        return guard, writer


def _manner(program: Program) -> tuple[str, str]:
    """Say how a program ends, in the guard's words."""
    return program.stop_signal.name.removeprefix("SIG"), str(program.grace.total_seconds())


def _log(folder: Path, name: str) -> BinaryIO:
    """Open a log for more; a long one is put aside first, over the one put aside before."""
    path = folder / f"{name}.log"
    if path.exists() and path.stat().st_size > _LONG_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")
