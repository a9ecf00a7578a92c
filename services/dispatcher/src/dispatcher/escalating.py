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

    def __init__(self, pool: Pool, observer: Observer) -> None:
        self._pool = pool
        self._observer = observer
        self._ahead: _Barrier | None = None

    async def mark(self) -> bool:
        """Move the mark on to the last barrier if that is passed, and take another one."""
        if self._ahead is not None:
            await self._look(self._ahead)
        if self._ahead is None and await waves.under_way(self._pool):
            moment = await waves.now(self._pool)
            ends = await ends_of_receipts(self._pool, self._observer, written_before=moment)
            self._ahead = None if ends is None else _Barrier(moment, ends)
        return False

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
