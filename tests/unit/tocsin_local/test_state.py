from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin_local.errors import LocalError
from tocsin_local.layout import Layout
from tocsin_local.output import as_data, table
from tocsin_local.processes import identity
from tocsin_local.state import Condition, Phase, ProcessState, StackState, read_state, write_state

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def a_state() -> StackState:
    """Of a stack that this process supervises."""
    pid = os.getpid()
    worker = ProcessState(
        "worker", Condition.READY, pid, identity(pid), restarts=1, started_at=NOON, ports=(7306,)
    )
    return StackState(
        7300, Phase.RUNNING, supervisor_pid=pid, supervisor_identity=identity(pid), processes=(worker,)
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_state(Layout(tmp_path), a_state())

    assert read_state(Layout(tmp_path)) == a_state()


def test_there_is_no_state_before_the_first_start(tmp_path: Path) -> None:
    assert read_state(Layout(tmp_path)) is None


def test_a_damaged_state_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")

    with pytest.raises(LocalError, match="delete that file"):
        read_state(Layout(tmp_path))


def test_a_pid_in_other_hands_is_no_supervisor() -> None:
    assert a_state().running()
    assert not replace(a_state(), supervisor_identity="1@1@another-boot").running()


def test_a_stack_whose_supervisor_is_gone_is_stopped() -> None:
    state = replace(a_state(), supervisor_identity="1@1@another-boot").as_of_now()

    assert state.phase is Phase.STOPPED
    assert [one.state for one in state.processes] == [Condition.STOPPED]


def test_status_says_for_how_long() -> None:
    data = as_data(a_state(), now=NOON.replace(minute=1))

    assert data["processes"] == [
        {
            "name": "worker",
            "pid": os.getpid(),
            "state": "ready",
            "restarts": 1,
            "uptime": 60.0,
            "ports": [7306],
            "url": None,
        }
    ]
    assert "0:01:00" in table(a_state(), now=NOON.replace(minute=1))
