"""How many requests a provider bears: one more after each round that went well, half after it said "too many"."""

import time
from collections.abc import Callable
from datetime import timedelta


class Throttle:
    """Of one provider and lane. `Retry-After` is obeyed: nothing begins meanwhile."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._limit = float(most)
        self._under_way = 0
        self._halved_at = float("-inf")
        self._closed_until = float("-inf")

    @property
    def limit(self) -> int:
        """Requests that may be under way at once; at least one."""
        return int(self._limit)

    @property
    def closed_for(self) -> float:
        """Seconds until anything may begin; 0 where it may."""
        return max(0.0, self._closed_until - self._clock())

    def begin(self) -> float | None:
        """Begin a request, where one more may be; give the moment it began back with `end`."""
        now = self._clock()
        if self._under_way >= self.limit or now < self._closed_until:
            return None
        self._under_way += 1
        return now

    def end(self, began: float, *, throttled: bool = False, wait: timedelta | None = None) -> None:
        """A request has ended. Of all that were under way when the first was throttled, only that one counts."""
        self._under_way -= 1
        if not throttled:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
            return
        now = self._clock()
        if began >= self._halved_at:
            self._limit = max(1.0, self._limit / 2)
            self._halved_at = now
        if wait is not None:
            self._closed_until = max(self._closed_until, now + wait.total_seconds())
