"""Partitions whose reader commits nothing although somebody waits for it."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta


class StallWatch:
    """Remembers since when each partition's commit stands still."""

    def __init__(self, *, patience: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience.total_seconds()
        self._clock = clock
        self._seen: dict[int, tuple[int | None, float]] = {}

    def look(self, *, awaited: Iterable[int], committed: Mapping[int, int]) -> frozenset[int]:
        """Note where the awaited partitions stand; tells which have not moved for too long.

        One that nobody waits for is forgotten; one that was told begins anew.
        """
        now = self._clock()
        self._seen = {
            partition: self._since(partition, committed.get(partition), now) for partition in awaited
        }
        stalled = frozenset(p for p, (_, since) in self._seen.items() if now - since >= self._patience)
        for partition in stalled:
            del self._seen[partition]
        return stalled

    def _since(self, partition: int, at: int | None, now: float) -> tuple[int | None, float]:
        last = self._seen.get(partition)
        return last if last is not None and last[0] == at else (at, now)
