"""The guard alone, with programs that cost nothing to start."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin_local.launcher import Launcher, Program
from tocsin_local.processes import identity

Eventually = Callable[[Callable[[], bool]], None]

_DEAF = "trap '' TERM; echo begun; while :; do sleep 1; done"
_PARENT = "sleep 600 & echo $!; exit 0"
_PATIENT = timedelta(seconds=5)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[tuple[Launcher, Callable[[], None]]]:
    """A launcher, and what ends everything that it started, as the death of its process would."""
    with ExitStack() as resources:
        lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
        resources.callback(os.close, lock)
        made = Launcher(logs=tmp_path, keep_open=lock)
        ending = resources.enter_context(ExitStack())
        ending.callback(made.close)
        yield made, ending.close


def shell(folder: Path, script: str, *, grace: timedelta = _PATIENT) -> Program:
    return Program("script", ("/bin/sh", "-c", script), os.environ, folder, grace=grace)


Started = tuple[Launcher, Callable[[], None]]


def test_all_is_ended_with_the_signal_it_wants(launcher: Started, tmp_path: Path) -> None:
    started, end = launcher
    process = started.spawn(shell(tmp_path, "exec sleep 600"))

    end()

    assert process.wait() == -signal.SIGTERM


def test_a_deaf_program_is_killed_after_its_grace(
    launcher: Started, tmp_path: Path, eventually: Eventually
) -> None:
    started, end = launcher
    process = started.spawn(shell(tmp_path, _DEAF, grace=timedelta(seconds=0.2)))
    eventually(lambda: "begun" in (tmp_path / "script.log").read_text())

    end()

    assert process.wait() == -signal.SIGKILL


def test_a_stopped_program_is_ended_too(launcher: Started, tmp_path: Path) -> None:
    started, end = launcher
    process = started.spawn(shell(tmp_path, "exec sleep 600"))
    process.send_signal(signal.SIGSTOP)

    end()

    assert process.wait() == -signal.SIGTERM


def test_what_a_program_left_behind_ends_with_it(
    launcher: Started, tmp_path: Path, eventually: Eventually
) -> None:
    started, _ = launcher
    process = started.spawn(shell(tmp_path, _PARENT))
    process.wait()
    left = int((tmp_path / "script.log").read_text())

    started.reaped(process)

    eventually(lambda: identity(left) is None)


def test_a_killed_guard_is_replaced_and_knows_what_runs(
    launcher: Started, tmp_path: Path, eventually: Eventually
) -> None:
    started, end = launcher
    process = started.spawn(shell(tmp_path, "exec sleep 600"))
    guard = guard_of_this_process()
    os.kill(guard, signal.SIGKILL)
    eventually(lambda: identity(guard) is None)

    started.mend()
    end()

    assert process.wait() == -signal.SIGTERM


def test_a_program_runs_in_its_folder_with_its_environment_and_no_input(
    launcher: Started, tmp_path: Path
) -> None:
    started, _ = launcher
    script = Program("script", ("/bin/sh", "-c", "pwd; echo $ONLY; cat"), {"ONLY": "this"}, tmp_path)

    code = started.spawn(script).wait()

    assert code == 0
    assert (tmp_path / "script.log").read_text() == f"{tmp_path}\nthis\n"


def guard_of_this_process() -> int:
    listed = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return max(int(row[0]) for row in rows if int(row[1]) == os.getpid() and "tocsin_local.guard" in row[2])
