"""Plans: later steps begin on a silence that is certain, and at once for those whom an earlier one failed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dispatcher.barrier import VOID, Passage, ends_of_receipts, passage_of
from dispatcher.fan_out import inserted
from tocsin_runtime.kafka.admin import Observer
from tocsin_store import waves
from tocsin_store.moving_on import move_on
from tocsin_store.pool import Pool


@dataclass(frozen=True, slots=True)
class _Barrier:
    """Once the merge has reached these offsets, it has merged everything written before this moment."""

    written_before: datetime
    ends: Mapping[int, int]


class Marker:
    """Keeps the mark up to which every receipt is merged, while steps of plans depend on it."""

    def __init__(self, pool: Pool, observer: Observer, *, moved: asyncio.Event) -> None:
        self._pool = pool
        self._observer = observer
        self._moved = moved
        self._ahead: _Barrier | None = None

    async def mark(self) -> bool:
        """Move the mark on to a barrier once it is passed: most are as soon as they are taken, others next time."""
        waited = self._ahead
        barrier = waited or await self._taken()
        if barrier is None:
            return False
        self._ahead = barrier
        await self._look(barrier)
        if self._ahead is barrier:
            return False
        self._moved.set()
        return waited is not None

    async def _taken(self) -> _Barrier | None:
        """A barrier of this moment; None while nobody needs one, or older receipts still are in the outbox."""
        if not await waves.under_way(self._pool):
            return None
        moment = await waves.now(self._pool)
        ends = await ends_of_receipts(self._pool, self._observer, written_before=moment)
        return None if ends is None else _Barrier(moment, ends)

    async def _look(self, barrier: _Barrier) -> None:
        match await passage_of(self._pool, self._observer, barrier.ends):
            case Passage.PASSED:
                await waves.set_mark(self._pool, barrier.written_before)
                self._ahead = None
            case Passage.VOID:
                VOID.inc()
                self._ahead = None
            case Passage.AHEAD:
                return


async def escalate_failed(pool: Pool, *, filled: asyncio.Event) -> bool:
    """Move some members on to their next step; says whether there may be more."""
    return inserted(await move_on(pool), filled=filled)
