"""Waking: one look at the ledger for all loops that have nothing to do most of the time."""

import asyncio
from collections.abc import Mapping

from tocsin_store.busy import Busy, busy
from tocsin_store.pool import Pool


async def wake(pool: Pool, loops: Mapping[Busy, asyncio.Event]) -> bool:
    """Wake the loops that have something to do; never asks to be called again at once."""
    for each in await busy(pool):
        loops[each].set()
    return False
