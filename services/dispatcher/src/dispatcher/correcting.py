"""Corrections: a new version follows those whom earlier ones reached, past the receipts barrier."""

import asyncio

from dispatcher.barrier import VOID, Passage, ends_of_receipts, merge_position
from dispatcher.fan_out import inserted
from tocsin_runtime.kafka.admin import Observer
from tocsin_store import reached
from tocsin_store.pool import Pool


async def correct(pool: Pool, observer: Observer, *, filled: asyncio.Event) -> bool:
    """See to the barriers, then insert one chunk of a correction; says whether there may be another."""
    newest = await reached.newest_without_barrier(pool)
    if newest is not None:
        ends = await ends_of_receipts(pool, observer, written_before=None)
        if ends is not None:
            await reached.set_barrier(pool, ends, until=newest)
    await _look_at_barriers(pool, observer)
    return inserted(await reached.insert_reached(pool), filled=filled)


async def _look_at_barriers(pool: Pool, observer: Observer) -> None:
    barriers = await reached.barriers(pool)
    if not barriers:
        return
    position = await merge_position(pool, observer)
    for ends in barriers:
        match position.passage(ends):
            case Passage.PASSED:
                await reached.pass_barrier(pool, ends)
            case Passage.VOID:
                VOID.inc()
                await reached.take_barrier_back(pool, ends)
            case Passage.AHEAD:
                continue
