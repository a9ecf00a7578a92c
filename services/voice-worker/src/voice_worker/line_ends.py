"""Lines whose calls should have ended, which nobody told: their providers are asked, and only what is over frees one."""

import asyncio
from typing import Final

import structlog

from tocsin_store import lines
from tocsin_store.lines import SilentLine
from tocsin_store.pool import Pool
from voice_worker.voice_channel import VoiceChannel

log = structlog.get_logger()

EVERY_SECONDS: Final = 5.0
_AT_ONCE: Final = 10


async def free_silent(pool: Pool, *, channel: VoiceChannel) -> bool:
    """Ask after the lines whose time has come; says whether there may be more.

    A call that its provider has queued, or of which nobody says anything, keeps its line.

    Raises:
        UNAVAILABLE: The others are asked after later.
    """
    silent = await lines.take_silent(pool, limit=_AT_ONCE)
    free = await asyncio.gather(*(channel.is_free(each.address) for each in silent))
    await _let_go(pool, [each for each, is_free in zip(silent, free, strict=True) if is_free])
    return len(silent) == _AT_ONCE


async def _let_go(pool: Pool, over: list[SilentLine]) -> None:
    for each in over:
        await lines.let_go(pool, each)
    if over:
        log.info("lines_freed", count=len(over))
