"""The verbs of the local stack: up, down, status, logs, restart."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from tocsin_local.arguments import environment_from, replicas_from
from tocsin_local.deletion import delete_data
from tocsin_local.errors import LocalError
from tocsin_local.follow import last_lines, log_files, new_lines
from tocsin_local.layout import Layout
from tocsin_local.look import UNSEEN, look
from tocsin_local.orders import Order
from tocsin_local.output import as_data, progress, table, told, where_to_look
from tocsin_local.ports import DEFAULT_BASE
from tocsin_local.preflight import preflight
from tocsin_local.restarting import restart_service
from tocsin_local.state import StackState, now, read_state
from tocsin_local.supervise import supervise
from tocsin_local.up import start_in_background, stop, wait_until_ready

app = App(name="local", help="Run the whole stack on this machine.")

Directory = Annotated[Path, Parameter(name="--dir", help="Where the stack keeps its data, logs and secrets.")]
DEFAULT_DIRECTORY = Path(".tocsin")


@app.command
def up(
    *,
    directory: Directory = DEFAULT_DIRECTORY,
    base_port: int | None = None,
    foreground: bool = False,
    replicas: Annotated[list[str] | None, Parameter(negative=())] = None,
    env: Annotated[list[str] | None, Parameter(negative=())] = None,
    timeout: float = 90,
    min_free_gb: float = 1,
) -> None:
    """Start Kafka, PostgreSQL and every service; return when all are ready.

    Parameters
    ----------
    base_port
        First of 40 ports; as last time in this folder, else 7300.
    foreground
        Stay, and stop everything at Ctrl-C.
    replicas
        SERVICE=COUNT, repeated: run a service more than once.
    env
        KEY=VALUE, repeated: tell every service more.
    timeout
        Seconds that the services may take to be ready.
    min_free_gb
        Refuse to start with less room on the disk.
    """
    with told():
        before = read_state(Layout.at(directory))
        if before and before.running():
            _print(f"It runs already in {directory} (base port {before.base_port}).\n{where_to_look(before)}")
            return
        preflight(directory, least_gigabytes=min_free_gb)
        base = base_port or (before.base_port if before else DEFAULT_BASE)
        order = Order(directory, base, replicas_from(replicas or []), environment_from(env or []))
        if foreground:
            _stay(order, timeout=timedelta(seconds=timeout))
        else:
            _print(where_to_look(_start(order, timeout=timedelta(seconds=timeout))))


@app.command
def down(*, directory: Directory = DEFAULT_DIRECTORY, delete: bool = False) -> None:
    """Stop everything; data stays unless it is to be deleted.

    Parameters
    ----------
    delete
        Delete the data, logs and secrets too.
    """
    with told():
        layout = Layout.at(directory)
        _print("Stopped." if stop(layout) else f"Nothing runs in {directory}.")
        if delete:
            delete_data(layout)


@app.command
def status(
    *, directory: Directory = DEFAULT_DIRECTORY, as_json: Annotated[bool, Parameter(name="--json")] = False
) -> None:
    """Say what runs, what waits and what needs an operator; exit status 0 if all is well, else 1 (see `ledger`)."""
    with told():
        layout, state = Layout.at(directory), _state(directory)
        looked = look(layout, state) if state and state.running() else UNSEEN
        if as_json:
            _print(json.dumps({**as_data(state, now=now()), "ledger": looked.data}, indent=2))
        elif state is None or not state.running():
            _print(f"Nothing runs in {directory}.{f' {state.problem}' if state and state.problem else ''}")
        else:
            _print("\n".join([table(state, now=now()), *looked.lines]))
        if state is None or not state.running() or state.unready() or looked.needs_operator:
            raise SystemExit(1)


@app.command
def logs(
    service: str | None = None,
    /,
    *,
    directory: Directory = DEFAULT_DIRECTORY,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"])] = False,
    lines: Annotated[int, Parameter(name=["--lines", "-n"])] = 50,
) -> None:
    """Print the logs of one service, or of all.

    Parameters
    ----------
    service
        Its name, as in `status`; also supervisor, migrate, topics.
    follow
        Print what is added, until Ctrl-C.
    lines
        How many of the last lines.
    """
    with told():
        files = log_files(Layout.at(directory).logs, name=service)
        for name, path in files.items():
            for line in last_lines(path, count=lines):
                sys.stdout.write(line if service else f"{name}: {line}")
        for name, line in new_lines(files) if follow else ():
            sys.stdout.write(line if service else f"{name}: {line}")
            sys.stdout.flush()


@app.command
def restart(service: str, /, *, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Stop a service and all its replicas, cleanly, and wait until they are ready again."""
    with told():
        restart_service(Layout.at(directory), service)
        _print(f"{service} is ready.")


def _state(directory: Path) -> StackState | None:
    state = read_state(Layout.at(directory))
    return state.as_of_now() if state else None


def _stay(order: Order, *, timeout: timedelta) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    stack = order.stack()

    def announce() -> None:
        try:
            stack.wait_ready(timeout=timeout)
        except LocalError as error:  # it may yet become ready; the person who sits before it decides
            sys.stderr.write(f"{error}\n")
        else:
            _print(where_to_look(stack.state))

    supervise(stack, started=announce)


def _start(order: Order, *, timeout: timedelta) -> StackState:
    began = time.monotonic()
    supervisor = start_in_background(order)
    try:
        with progress() as shown:
            state = wait_until_ready(supervisor, show=shown.show, timeout=timeout)
    except KeyboardInterrupt:
        supervisor.end()
        raise LocalError("Stopped.") from None
    _print(f"Ready after {time.monotonic() - began:.0f} s.")
    return state


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
