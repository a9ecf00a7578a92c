"""What the verbs of the command line say about a stack that runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin_local import commands
from tocsin_local.stack import Stack

Verb = Callable[..., None]


def test_status_shows_every_process(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.wait_ready()

    commands.status(directory=stack.layout.root)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "PID", "RESTARTS", "UP", "URL"]
    assert {line.split()[0] for line in lines[1:]} == {"postgres", "kafka", "front", "worker", "worker-2"}


def test_status_speaks_to_programs(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.wait_ready()

    commands.status(directory=stack.layout.root, as_json=True)

    shown = json.loads(capsys.readouterr().out)
    front = next(one for one in shown["processes"] if one["name"] == "front")
    assert shown["running"] is True
    assert front["pid"] == stack.pid("front")
    assert front["url"] == f"http://127.0.0.1:{stack.base_port}"


def test_a_second_up_says_that_it_runs(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    commands.up(directory=stack.layout.root)

    assert f"http://127.0.0.1:{stack.base_port}" in capsys.readouterr().out


def test_restart_restarts_all_replicas(stack: Stack) -> None:
    stack.wait_ready()
    before = {stack.pid("worker"), stack.pid("worker-2")}

    commands.restart("worker", directory=stack.layout.root)

    assert not before & {stack.pid("worker"), stack.pid("worker-2")}


def test_logs_end_with_the_last_lines(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    commands.logs("postgres", directory=stack.layout.root, lines=1)

    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("verb", [commands.restart, commands.logs])
def test_what_there_is_not_is_said_with_what_there_is(
    verb: Verb, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        verb("nothing", directory=stack.layout.root)

    assert ended.value.code == 1
    assert "worker-2" in capsys.readouterr().err


def test_where_nothing_runs_status_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.status(directory=tmp_path)

    assert ended.value.code == 1
    assert "Nothing runs" in capsys.readouterr().out
