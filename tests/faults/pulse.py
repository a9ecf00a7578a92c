"""Whether the provider keeps up: on a busy machine it reads late what had been written in time, as if begun then."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp

from tests.faults.history import Injected
from tests.support.e2e_town import Town

BUSY: Final = "provider busy"
_ASKS_EVERY_S: Final = 0.25
_SLOW_S: Final = 0.4
_ANSWER: Final = aiohttp.ClientTimeout(total=30)


@asynccontextmanager
async def felt(town: Town, *, write: Callable[[Injected], None]) -> AsyncIterator[None]:
    """Write down while inside when it, or whoever leads to it, took its time; what is no fault of ours is none."""
    feeling = asyncio.create_task(_feel(town, write))
    try:
        yield
    finally:
        feeling.cancel()
        with suppress(asyncio.CancelledError):
            await feeling


async def _feel(town: Town, write: Callable[[Injected], None]) -> None:
    while True:
        began = time.time()
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with town.http.get(f"{town.sandbox.url}/health", timeout=_ANSWER) as answer:
                await answer.read()
        if (now := time.time()) - began > _SLOW_S:
            write(Injected(BUSY, began, now, slows_hand_over=True, disturbs=False))
        await asyncio.sleep(_ASKS_EVERY_S)
