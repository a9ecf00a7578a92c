"""Loops that outlive their dependencies: a step that finds one down is done again, and nothing else happens."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_runtime.process import Process
from tocsin_store.pool import UNAVAILABLE

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 0.5

Step = Callable[[], Awaitable[bool]]


async def repeat(
    step: Step, *, process: Process, name: str, every: float, wake: asyncio.Event | None = None
) -> None:
    """Do a step again and again until the process stops.

    Args:
        step: Says whether there is more to do at once.
        process: Told whether the step's dependencies answer.
        name: Of the step, in health checks and logs.
        every: Seconds to wait where there is nothing more to do.
        wake: Ends the wait early.
    """
    woken = wake or asyncio.Event()
    while not process.stopping.is_set():
        try:
            more = await step()
        except (KafkaUnavailableError, *UNAVAILABLE) as error:
            log.warning("step_waits", step=name, error=type(error).__name__)
            process.health.set(name, ok=False)
            await process.pause(_AGAIN_SECONDS)
            continue
        process.health.set(name, ok=True)
        if not more:
            await _until(woken, process=process, seconds=every)


async def _until(wake: asyncio.Event, *, process: Process, seconds: float) -> None:
    waits = [asyncio.create_task(wake.wait()), asyncio.create_task(process.stopping.wait())]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    wake.clear()
