"""Turns: when a paced sender's next messages may be handed over, and how many (ADR 14)."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from tocsin_schemas.words import Lane
from tocsin_store import pace
from tocsin_store.content import AlertContent
from tocsin_store.pace import CYCLE, TOLERANCE, Standing
from tocsin_store.pool import Pool

_CLAIM_AHEAD_SECONDS: Final = 0.4
"""A claim comes this long before its slot, so that the slot itself is for the hand-over."""
_SOONEST_SECONDS: Final = 0.01
_REMEMBERED: Final = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """That a channel's senders are paced."""

    segments: Callable[[AlertContent], int]
    """How many a message of an alert has, at least 1; what was sent corrects it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Segments that may be handed over between two moments, in monotonic seconds."""

    segments: int
    begins_at: float
    begin_by: float

    async def claims(self) -> None:
        """Wait until it is worth claiming."""
        await _until(self.begins_at - _CLAIM_AHEAD_SECONDS)

    async def begins(self) -> None:
        """Wait until the first hand-over may begin."""
        await _until(self.begins_at)


@dataclass(slots=True)
class LedgerOffset:
    """How far the ledger's clock is from ours, between two bounds.

    Each answer was given some time between its question and its arrival; the last few of them together tell more than
    the slow one of now. Where they contradict each other a clock was set, and the newest is believed.
    """

    _bounds: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    width: float = 0.0
    """Between the bounds, in seconds."""

    def heard(self, now: float, *, asked_at: float, heard_at: float) -> tuple[float, float]:
        """Note an answer; returns the least and the most that the ledger's clock is ahead of ours."""
        self._bounds.append((now - heard_at, now - asked_at))
        least, most = max(low for low, _ in self._bounds), min(high for _, high in self._bounds)
        if least > most:
            least, most = self._bounds.pop()
            self._bounds.clear()
            self._bounds.append((least, most))
        self.width = most - least
        return least, most


async def take_turn(
    pool: Pool,
    standing: Standing,
    *,
    wanted: int,
    each: int,
    lane: Lane,
    offset: LedgerOffset,
    slack: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
) -> Turn | float:
    """Take a turn for so many segments at most, of messages of `each`; else after how many seconds to ask again.

    A turn begins as late, and ends as early, as what is known of the ledger's clock allows. It is so many seconds of
    slack longer, and more where little is known of that clock: later turns come later for it.

    Raises:
        UNAVAILABLE: No turn was got.
    """
    tolerance = TOLERANCE.total_seconds()
    slack += max(0.0, offset.width - tolerance / 2)
    asked_at = clock()
    got = await pace.reserve(
        pool,
        standing.sender,
        segments_per_s=standing.segments_per_s,
        wanted=wanted,
        each=each,
        lane=lane,
        slack=timedelta(seconds=slack),
    )
    least, most = offset.heard(got.now, asked_at=asked_at, heard_at=clock())
    if got.segments == 0:
        return max(_SOONEST_SECONDS, min(got.at - got.now, CYCLE.total_seconds()))
    return Turn(got.segments, got.at - slack - least, got.at - most + tolerance)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
