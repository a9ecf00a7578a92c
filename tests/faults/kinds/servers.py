"""Kafka and PostgreSQL themselves: killed, asked to end, stopped, gone for a while."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.striking import anew, pids, recovered, unbroken
from tests.support.eventually import until
from tocsin_local.processes import identity

KAFKA: Final = "kafka"
POSTGRES: Final = "postgres"

_STOP_S: Final = (0.5, 6.0)
_AWAY_S: Final = (0.2, 6.0)
_NOTICED_WITHIN_S: Final = 10.0
_PARENT: Final = 1  # field of /proc/PID/stat after the name: proc_pid_stat(5), field 4


def _nothing(_random: Random, _scale: Scale) -> What:
    return {}


def _stop_time(random: Random, _scale: Scale) -> What:
    return {"seconds": round(random.uniform(*_STOP_S), 2)}


def _time_away(random: Random, _scale: Scale) -> What:
    return {"seconds": round(random.uniform(*_AWAY_S), 2)}


def _which_backend(random: Random, _scale: Scale) -> What:
    return {"seed": random.randrange(2**32)}


async def _signal(scene: Scene, _what: What, *, name: str, number: signal.Signals) -> None:
    before = pids(scene, [name])
    await asyncio.to_thread(scene.stack.kill, name, number)
    await anew(scene, before)


async def _stop(scene: Scene, what: What, *, name: str) -> None:
    with _stopped(scene.stack.pid(name)):
        await asyncio.sleep(float(what["seconds"]))


async def _restart(scene: Scene, what: What, *, name: str) -> None:
    before = pids(scene, [name])
    async with _away(scene, name):
        await asyncio.sleep(float(what["seconds"]))
    await anew(scene, before)


async def _crash(scene: Scene, what: What) -> None:
    """Kill one child of PostgreSQL: it ends all others, throws every connection away and recovers from its log."""
    postmaster = scene.stack.pid(POSTGRES)
    children = sorted(_children(postmaster)) if postmaster else []
    if not postmaster or not children:
        return
    _tell(Random(int(what["seed"])).choice(children), signal.SIGKILL)  # noqa: S311  # a draw, not a secret
    with suppress(TimeoutError):  # another fault is there
        await until(lambda: children[0] not in _children(postmaster), within=_NOTICED_WITHIN_S)
    await recovered(scene)


@asynccontextmanager
async def _away(scene: Scene, name: str) -> AsyncIterator[None]:
    """Have no such server while inside."""
    try:
        await unbroken(asyncio.to_thread(scene.stack.stop_one, name))
        yield
    finally:
        scene.stack.start_one(name)


@contextmanager
def _stopped(pid: int | None) -> Iterator[None]:
    """SIGSTOP to a process and its children while inside; PostgreSQL's each lead a group of their own."""
    stopped: dict[int, str | None] = {}
    try:
        if pid:
            stopped[pid] = identity(pid)
            _tell(pid, signal.SIGSTOP)  # from here on it has no further children
            for child in _children(pid):
                stopped[child] = identity(child)
                _tell(child, signal.SIGSTOP)
        yield
    finally:
        for each, who in stopped.items():
            if who and identity(each) == who:
                _tell(each, signal.SIGCONT)


def _tell(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _children(pid: int) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            if int(entry.read_text().rpartition(")")[2].split()[_PARENT]) == pid:
                yield int(entry.parent.name)


def _without_proc(_scene: Scene) -> str | None:
    return (
        None
        if Path("/proc/self/stat").exists()
        else "this system has no /proc to find PostgreSQL's processes in"
    )


KINDS: Final = (
    Kind("kafka-kill", _nothing, partial(_signal, name=KAFKA, number=signal.SIGKILL), weight=2),
    Kind("kafka-terminate", _nothing, partial(_signal, name=KAFKA, number=signal.SIGTERM), weight=2),
    Kind("kafka-stop", _stop_time, partial(_stop, name=KAFKA), weight=3, needs=_without_proc),
    Kind("kafka-restart", _time_away, partial(_restart, name=KAFKA)),
    Kind("postgres-kill", _nothing, partial(_signal, name=POSTGRES, number=signal.SIGKILL), weight=2),
    Kind("postgres-terminate", _nothing, partial(_signal, name=POSTGRES, number=signal.SIGINT), weight=2),
    Kind("postgres-crash", _which_backend, _crash, weight=2, needs=_without_proc),
    Kind("postgres-stop", _stop_time, partial(_stop, name=POSTGRES), weight=3, needs=_without_proc),
    Kind("postgres-restart", _time_away, partial(_restart, name=POSTGRES)),
)
