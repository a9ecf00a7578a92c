"""Corrections: a new version follows those whom earlier ones reached, past the receipts barrier."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from dispatcher.barrier import ends_of_receipts
from dispatcher.fan_out import inserted
from tocsin_runtime.kafka.admin import Observer
from tocsin_store import reached
from tocsin_store.pool import Pool


async def correct(pool: Pool, observer: Observer, *, filled: Sequence[asyncio.Event]) -> bool:
    """Set barriers that are missing, then insert one chunk of a correction; says whether there may be another."""
    newest = await reached.newest_without_barrier(pool)
    if newest is not None:
        ends = await ends_of_receipts(pool, observer, written_before=datetime.now(UTC))
        if ends is not None:
            await reached.set_barrier(pool, ends, until=newest)
    return inserted(await reached.insert_reached(pool), filled=filled)
