"""Whether the provider keeps up: on a busy machine it reads late what had been written in time, as if begun then."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp

from tests.faults.history import Injected
from tests.support.e2e_inbox import Sandbox

BUSY: Final = "provider busy"
_ASKS_EVERY_S: Final = 0.25
_SLOW_S: Final = 0.4
_ANSWER: Final = aiohttp.ClientTimeout(total=30)


@asynccontextmanager
async def felt(
    sandbox: Sandbox, *, write: Callable[[Injected], None], slow_s: float = _SLOW_S
) -> AsyncIterator[None]:
    """Write down while inside when it took that long to answer anything at all."""
    feeling = asyncio.create_task(_feel(sandbox, write, slow_s))
    try:
        yield
    finally:
        feeling.cancel()
        with suppress(asyncio.CancelledError):
            await feeling


async def _feel(sandbox: Sandbox, write: Callable[[Injected], None], slow_s: float) -> None:
    while True:
        began = time.time()
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with sandbox.http.get(f"{sandbox.url}/health", timeout=_ANSWER) as answer:
                await answer.read()
        if (now := time.time()) - began >= slow_s:
            write(Injected(BUSY, began, now, slows_hand_over=True, disturbs=False))
        await asyncio.sleep(_ASKS_EVERY_S)
