"""The newest letters, and whether they were put back."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tocsin_runtime.kafka.letter_box import Letter, LetterBox, Note

_OPEN: Final = 1
_REPLAYED: Final = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter without its bytes."""

    letter: Letter
    size: int
    """Bytes of its value."""
    replayed: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found."""

    found: int
    waiting: int
    """How many of those found were not replayed."""
    newest: list[Listed]
    """As many as were asked for, the newest first."""


async def newest(
    box: LetterBox, *, limit: int, topic: str | None = None, since: datetime | None = None
) -> Listing:
    """Read all of a period, keep the newest; memory is one byte a record and `limit` letters.

    Args:
        box: Where they are.
        limit: How many to keep.
        topic: Only those that came from there.
        since: Only those put aside from then on.

    Raises:
        KafkaUnavailableError: Kafka does not answer.
    """
    spans = await box.spans(since=since)
    states = {partition: bytearray(len(span)) for partition, span in spans.items()}
    kept: list[tuple[datetime, int, int, Listed]] = []
    for partition, span in spans.items():
        async for found in box.read(partition, span=span):
            if isinstance(found, Note):
                _mark(states[partition], found.offsets, span=span)
            elif found.came_from(topic):
                states[partition][found.offset - span.start] = _OPEN
                _keep(kept, found, limit=limit)
    waiting, replayed = (sum(state.count(of) for state in states.values()) for of in (_OPEN, _REPLAYED))
    shown = [
        replace(listed, replayed=states[partition][offset - spans[partition].start] == _REPLAYED)
        for _, partition, offset, listed in sorted(kept, reverse=True, key=lambda each: each[:3])
    ]
    return Listing(waiting + replayed, waiting, shown)


def _keep(kept: list[tuple[datetime, int, int, Listed]], letter: Letter, *, limit: int) -> None:
    listed = Listed(replace(letter, value=b""), len(letter.value), replayed=False)
    heapq.heappush(kept, (letter.at, letter.partition, letter.offset, listed))
    if len(kept) > limit:
        heapq.heappop(kept)


def _mark(state: bytearray, offsets: Iterable[int], *, span: range) -> None:
    for offset in offsets:
        if offset in span and state[offset - span.start] == _OPEN:
            state[offset - span.start] = _REPLAYED
