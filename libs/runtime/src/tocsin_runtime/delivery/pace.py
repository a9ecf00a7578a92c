"""Turns: when a paced sender's next messages may be handed over, and how many (ADR 14)."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tocsin_schemas.words import Lane
from tocsin_store import pace
from tocsin_store.content import AlertContent
from tocsin_store.pace import TOLERANCE, Standing
from tocsin_store.pool import Pool

_TOLERANCE_SECONDS: Final = TOLERANCE.total_seconds()
_CLAIM_AHEAD_SECONDS: Final = 0.12
"""A claim comes this long before its slot, so that the slot itself is for the hand-over."""


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


async def take_turn(
    pool: Pool,
    standing: Standing,
    *,
    wanted: int,
    each: int,
    lane: Lane,
    clock: Callable[[], float] = time.monotonic,
) -> Turn | float:
    """Take a turn for so many segments at most, of messages of `each`; else after how many seconds to ask again.

    The ledger answered some time between question and answer: a turn begins as late, and ends as early as that allows.

    Raises:
        UNAVAILABLE: No turn was got.
    """
    asked_at = clock()
    got = await pace.reserve(
        pool,
        standing.sender,
        segments_per_s=standing.segments_per_s,
        wanted=wanted,
        each=each,
        lane=lane,
    )
    if got.segments == 0:
        return got.after_s
    return Turn(got.segments, clock() + got.after_s, asked_at + got.after_s + _TOLERANCE_SECONDS)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
