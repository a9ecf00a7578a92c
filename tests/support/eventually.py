"""Waiting for a condition: a test never guesses how long something takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")

_AGAIN_SECONDS: Final = 0.02


async def eventually(look: Callable[[], Awaitable[T]], *, within: float = 30.0) -> T:
    """Look again and again until what is seen is true; returns it.

    Raises:
        TimeoutError: It was not so within these seconds.
    """
    async with asyncio.timeout(within):
        while not (seen := await look()):
            await asyncio.sleep(_AGAIN_SECONDS)
    return seen


async def until(holds: Callable[[], bool], *, within: float = 30.0) -> None:
    """The same for a condition that needs no waiting to be looked at."""

    async def look() -> bool:
        return holds()

    await eventually(look, within=within)
