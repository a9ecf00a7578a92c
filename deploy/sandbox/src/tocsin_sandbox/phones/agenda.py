"""What is to happen later, in one heap with one timer."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Final, TypeAlias

AT_ONCE: Final = 500
"""So much in one turn of the loop; then others have theirs."""

Deed: TypeAlias = Callable[[], None]


class Agenda:
    """Does each thing at its time, not before; nothing more once it was cleared."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Deed]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0

    def __len__(self) -> int:
        """How much is still to come."""
        return len(self._due)

    def after(self, seconds: float, deed: Deed) -> None:
        """Do it so many seconds from now."""
        loop = asyncio.get_running_loop()
        at = loop.time() + max(seconds, 0)
        heapq.heappush(self._due, (at, next(self._order), deed))
        if self._timer is None or at < self._wakes_at:
            self._wake_at(at)

    def clear(self) -> None:
        """Forget all."""
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_at(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = at  # a timer of uvloop's does not always know
        self._timer = asyncio.get_running_loop().call_at(at, self._run)

    def _run(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for _ in range(AT_ONCE):
            if not self._due or self._due[0][0] > now:
                break
            heapq.heappop(self._due)[2]()
        if self._due:
            self._wake_at(self._due[0][0])
