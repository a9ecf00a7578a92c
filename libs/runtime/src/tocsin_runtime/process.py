"""One service process: signals, health, exit codes. A bug stops it loudly; everything else it waits out."""

import asyncio
import gc
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import structlog
import uvloop

from tocsin_runtime.health import Health, serve_health
from tocsin_runtime.logs import configure
from tocsin_runtime.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Process:
    """What the surroundings tell a service, and what it tells them."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)

    async def pause(self, seconds: float) -> bool:
        """Wait, or less if the process is to stop; returns whether to go on."""
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            return True
        return False


Serve = Callable[[Process], Awaitable[None]]


def run(name: str, serve: Serve, *, settings: Settings) -> None:
    """Run a service until SIGTERM or SIGINT, then let it drain; never returns.

    Exit status 0 after a drain, 1 for a bug or a port that is taken, 2 for bad settings (`read_settings`).
    """
    configure(name)
    try:
        uvloop.run(_run(serve, settings=settings))
    except Exception as error:  # noqa: BLE001 - the last line of defence; the supervisor restarts us
        log.critical("crashed", causes=list(_causes(error)))
        sys.exit(1)
    log.info("stopped")
    sys.exit(0)


async def _run(serve: Serve, *, settings: Settings) -> None:
    process = Process()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stopping.set)
    with serve_health(process.health, host=settings.health_host, port=settings.health_port) as port:
        log.info("started", health_port=port)
        keep_what_is_loaded()
        async with asyncio.TaskGroup() as group:
            beats = group.create_task(_beat(process.health))
            await serve(process)
            beats.cancel()


def keep_what_is_loaded() -> None:
    """Have the garbage collector leave out what is there now: a full collection would stop us for a tenth of a second."""
    gc.collect()
    gc.freeze()


async def _beat(health: Health) -> None:
    while True:
        health.beat()
        await asyncio.sleep(1)


def _causes(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
        return
    yield where_from(error)


def where_from(error: BaseException) -> str:
    """Type and place of an error and of what caused it; messages may hold personal data, so they stay out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{type(error).__name__} at " + " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames[-6:]))
    return place if error.__cause__ is None else f"{place}, from {where_from(error.__cause__)}"
