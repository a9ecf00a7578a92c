"""Our own processes, and the provider's: killed, stopped, asked to end."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.playing import SANDBOX
from tests.faults.striking import anew, pids

_STOP_S: Final = (1.0, 14.0)  # beyond ten a session is dead
_GAP_S: Final = (0.0, 2.0)
_PROVIDER_STOP_S: Final = (0.5, 8.0)


def _one(random: Random, scale: Scale) -> What:
    return {"service": random.choice(scale.services)}


def _one_for_a_time(random: Random, scale: Scale) -> What:
    return {"service": random.choice(scale.services), "seconds": round(random.uniform(*_STOP_S), 2)}


def _two(random: Random, scale: Scale) -> What:
    first, second = random.sample(scale.services, 2)
    return {"service": first, "second": second, "gap": round(random.uniform(*_GAP_S), 2)}


def _two_for_a_time(random: Random, scale: Scale) -> What:
    return {**_two(random, scale), "seconds": round(random.uniform(*_STOP_S), 2)}


def _provider(_random: Random, _scale: Scale) -> What:
    return {"service": SANDBOX}


def _provider_for_a_time(random: Random, _scale: Scale) -> What:
    return {"service": SANDBOX, "seconds": round(random.uniform(*_PROVIDER_STOP_S), 2)}


async def _kill(scene: Scene, what: What) -> None:
    await _signalled(scene, what, number=signal.SIGKILL)


async def _terminate(scene: Scene, what: What) -> None:
    await _signalled(scene, what, number=signal.SIGTERM)


async def _signalled(scene: Scene, what: What, *, number: signal.Signals) -> None:
    """Signal one or two, and wait until they are back."""
    names = [str(what[key]) for key in ("service", "second") if key in what]
    before = pids(scene, names)
    await asyncio.to_thread(scene.stack.kill, names[0], number)
    for name in names[1:]:
        await asyncio.sleep(float(what["gap"]))
        await asyncio.to_thread(scene.stack.kill, name, number)
    await anew(scene, before)


async def _stop(scene: Scene, what: What) -> None:
    with _stopped(scene, str(what["service"])):
        await asyncio.sleep(float(what["seconds"]))


async def _stop_pair(scene: Scene, what: What) -> None:
    with _stopped(scene, str(what["service"])):
        await asyncio.sleep(float(what["gap"]))
        with _stopped(scene, str(what["second"])):
            await asyncio.sleep(float(what["seconds"]))


@contextmanager
def _stopped(scene: Scene, name: str) -> Iterator[None]:
    """SIGSTOP while inside."""
    scene.stack.kill(name, signal.SIGSTOP)
    try:
        yield
    finally:
        scene.stack.kill(name, signal.SIGCONT)


KINDS: Final = (
    Kind("kill", _one, _kill, weight=6),
    Kind("stop", _one_for_a_time, _stop, weight=4),
    Kind("terminate", _one, _terminate, weight=3),
    Kind("kill-pair", _two, _kill, weight=3),
    Kind("terminate-pair", _two, _terminate, weight=2),
    Kind("stop-pair", _two_for_a_time, _stop_pair, weight=2),
    Kind("provider-kill", _provider, _kill, weight=2),
    Kind("provider-stop", _provider_for_a_time, _stop, weight=2, slows_hand_over=True),
)
