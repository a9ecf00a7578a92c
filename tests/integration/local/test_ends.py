"""However a supervisor ends, no process of its stack is left, and its data is there the next time."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin_local.layout import Layout
from tocsin_local.locks import is_locked
from tocsin_local.orders import Order
from tocsin_local.processes import identity
from tocsin_local.state import StackState, read_state
from tocsin_local.up import Supervisor, start_in_background, stop, wait_until_ready

Find = Callable[[Path], set[int]]
Eventually = Callable[[Callable[[], bool]], None]


def up(order: Order) -> tuple[Supervisor, StackState]:
    supervisor = start_in_background(order)
    return supervisor, wait_until_ready(supervisor, show=lambda _: None, timeout=timedelta(seconds=60))


def left(state: StackState, order: Order, *, find: Find) -> set[int]:
    """What names the folders of the stack on its command line; PostgreSQL's may lie elsewhere."""
    assert state.postgres_home
    return find(order.directory) | find(Path(state.postgres_home))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left(
    order: Order, number: signal.Signals, processes_of: Find, eventually: Eventually
) -> None:
    supervisor, state = up(order)
    pids = {process.pid for process in state.processes if process.pid}

    supervisor.process.send_signal(number)
    supervisor.process.wait()
    eventually(lambda: not is_locked(Layout.at(order.directory)))

    assert len(pids) == 4
    assert {pid for pid in pids if identity(pid)} == set()
    assert left(state, order, find=processes_of) == set()


def test_what_a_killed_supervisor_wrote_last_is_not_believed(order: Order) -> None:
    supervisor, _ = up(order)

    supervisor.process.kill()
    supervisor.process.wait()

    state = read_state(Layout.at(order.directory))
    assert state is not None
    assert state.unready() == ()
    assert not state.running()
    assert state.as_of_now().unready() == ("postgres", "kafka", "front", "worker")


def test_a_start_waits_for_what_a_killed_supervisor_left(order: Order, processes_of: Find) -> None:
    first, _ = up(order)

    first.process.kill()
    first.process.wait()
    second, state = up(order)

    assert state.supervisor_pid == second.process.pid
    assert stop(Layout.at(order.directory))
    second.process.wait()
    assert left(state, order, find=processes_of) == set()


def test_a_supervisor_can_be_ended_while_it_starts(
    order: Order, processes_of: Find, eventually: Eventually
) -> None:
    supervisor = start_in_background(order)
    eventually(lambda: len(processes_of(order.directory)) > 0)

    supervisor.end()

    assert supervisor.process.returncode == 0
    assert processes_of(order.directory) == set()
