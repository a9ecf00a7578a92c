"""Loops that outlive their dependencies: a step that finds one down is done again, and nothing else happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
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
    async with _woken_by(process.stopping, woken):
        await _repeat(step, process=process, name=name, every=every, woken=woken)


async def _repeat(step: Step, *, process: Process, name: str, every: float, woken: asyncio.Event) -> None:
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
            with suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await woken.wait()
            woken.clear()


@asynccontextmanager
async def _woken_by(stopping: asyncio.Event, woken: asyncio.Event) -> AsyncIterator[None]:
    """Whoever waits for the one is woken by the other, too."""
    watch = asyncio.create_task(stopping.wait())
    watch.add_done_callback(lambda _: woken.set())
    try:
        yield
    finally:
        watch.cancel()
