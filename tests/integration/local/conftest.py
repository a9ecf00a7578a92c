from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin_local.deletion import delete_data
from tocsin_local.layout import Layout
from tocsin_local.orders import Order
from tocsin_local.ports import free_base
from tocsin_local.processes import identity
from tocsin_local.services import Service, Step
from tocsin_local.stack import Stack
from tocsin_local.up import stop

PROGRAM = (sys.executable, str(Path(__file__).with_name("programs.py")))
SERVICES = (
    Service("front", PROGRAM, {"TOCSIN_HTTP_PORT": 0}, title="front"),
    Service("worker", PROGRAM, {"TOCSIN_HEALTH_PORT": 6}),
)
STEPS = (Step("touch", ("/bin/sh", "-c", "echo done >> touched"), after="postgres"),)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One running stack with a service and its replica, shared by the tests that leave it running."""
    running = Stack(
        tmp_path_factory.mktemp("a stack, né"),
        services=SERVICES,
        steps=STEPS,
        replicas={"worker": 2},
        extra_environment={"TOCSIN_ANYTHING": "a=b"},
    )
    with running:
        running.wait_ready()
        yield running
    delete_data(running.layout)


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Order]:
    """What a supervisor is told, the same for all tests of a file: only the first start makes the data."""
    ordered = Order(tmp_path_factory.mktemp("ordered"), free_base(), services=SERVICES, steps=STEPS)
    yield ordered
    stop(Layout.at(ordered.directory))
    delete_data(Layout.at(ordered.directory))


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait for a condition; what is late fails the test, what is quick costs nothing."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.02)

    return wait


@pytest.fixture(scope="session")
def processes_of() -> Callable[[Path], set[int]]:
    """Name the living processes that a folder is named to on the command line, or that work in it."""

    def find(folder: Path) -> set[int]:
        listed = subprocess.run(
            ["/bin/ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
        )
        rows = (line.split(None, 1) for line in listed.stdout.splitlines())
        found = {int(row[0]) for row in rows if len(row) == 2 and str(folder) in row[1]}
        return {pid for pid in found if pid != os.getpid() and identity(pid)}

    return find
