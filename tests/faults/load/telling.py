"""What providers that call back share: to follow their own ledger, and to tell until they are heard."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.faults.evidence.ledgers import whole_lines
from tests.faults.load.means import Means

_LOOK_EVERY_S: Final = 0.25
_AGAIN_S: Final = 0.5
_AFTER_STOP: Final = 5


async def lines_of(means: Means, ledger: Path) -> AsyncIterator[bytes]:
    """Every line, until the load is told to stop. Those without an end are read when they have one."""
    read = 0
    while not await means.stopped_within(_LOOK_EVERY_S):
        data = await asyncio.to_thread(_from, ledger, read)
        for line in whole_lines(data):
            read += len(line) + 1
            yield line


async def heard(means: Means, tell: Callable[[], Awaitable[bool]], *, after: float) -> bool:
    """Tell, some seconds from now, until it is acknowledged; false: given up soon after the load was told to stop."""
    await means.stopped_within(after)
    tries = 0
    while not await tell():
        tries += means.stop.is_set()
        if tries > _AFTER_STOP:
            return False
        await asyncio.sleep(_AGAIN_S)
    return True


def _from(path: Path, place: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(place)
        return file.read()
