"""End every process of a stack when its supervisor is gone, however it went.

Reads lines from standard input, the far end of which the supervisor holds: `PID SIGNAL SECONDS` for a process
that has begun (it leads its own group), `-PID` for one that was reaped, `end`. At the end of the input, at `end`, or
when its parent is another process than before, it sends each group its signal, and SIGKILL after its seconds.
(Nearly always the end of the input comes first; but a copy of the supervisor, or a program stopped just as it
begins, may hold the far end open.) It is small: the standard library and one module beside it.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from tocsin_local.processes import identity

_INPUT = 0
_PARENT_EVERY = 1.0  # seconds
_LOOK_EVERY = 0.05
_GIVE_UP = 60.0  # seconds; longer than any grace, then the lock is let go
_ABSENT = (ProcessLookupError, PermissionError)  # macOS refuses to signal a group of zombies


@dataclass(frozen=True)
class Watched:
    """A group and how it ends."""

    pid: int
    who: str | None
    stop_signal: signal.Signals
    grace_seconds: float

    def alive(self) -> bool:
        """Say whether the leader still runs; a process that took over its pid does not count."""
        return self.who is not None and identity(self.pid) == self.who


def end_group(pid: int, number: signal.Signals) -> None:
    """Signal a whole group, and wake it if it was stopped; nothing happens where it is gone."""
    with suppress(*_ABSENT):
        os.killpg(pid, number)
        os.killpg(pid, signal.SIGCONT)


def note(watched: dict[int, Watched], line: str) -> None:
    """Take one line of the supervisor into account."""
    pid, *how = line.split()
    if not how:
        watched.pop(-int(pid), None)
        return
    name, seconds = how
    watched[int(pid)] = Watched(int(pid), identity(int(pid)), signal.Signals[f"SIG{name}"], float(seconds))


def lines_until_the_end(parent: int) -> Iterator[str]:
    """Yield what the supervisor says until it is gone or says `end`."""
    rest = b""
    while os.getppid() == parent:
        if not select.select([_INPUT], [], [], _PARENT_EVERY)[0]:
            continue
        piece = os.read(_INPUT, 65_536)
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line == b"end":
                return
            yield line.decode()
        if not piece:
            return


def end_all(watched: list[Watched]) -> None:
    """End the groups at once; return when their leaders are gone."""
    running = [one for one in watched if one.alive()]
    for one in running:
        end_group(one.pid, one.stop_signal)
    began = time.monotonic()
    while running and time.monotonic() - began < _GIVE_UP:
        time.sleep(_LOOK_EVERY)
        for one in running:
            if not one.alive() or time.monotonic() - began > one.grace_seconds:
                end_group(one.pid, signal.SIGKILL)  # also what a leader left behind
        running = [one for one in running if one.alive()]


def main() -> None:
    """Watch until the supervisor is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, Watched] = {}
    for line in lines_until_the_end(os.getppid()):
        note(watched, line)
    end_all(list(watched.values()))


if __name__ == "__main__":
    main()
