"""Request limits and the headers that tell of them (IETF draft `ratelimit-headers`)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from alert_api.problems import Problem


@dataclass(frozen=True, slots=True)
class Spent:
    """One request was counted, or refused."""

    allowed: bool
    headers: Mapping[str, str]

    def or_refuse(self) -> Mapping[str, str]:
        """The headers of the answer.

        Raises:
            Problem: `rate-limit`, with Retry-After.
        """
        if not self.allowed:
            raise Problem("rate-limit", headers=self.headers)
        return self.headers


class RateLimit:
    """A number of requests in a window, per name, counted in this process."""

    def __init__(self, policy: str, *, amount: int, window: timedelta) -> None:
        self._policy = policy
        self._window_s = int(window.total_seconds())
        self._item = RateLimitItemPerSecond(amount, self._window_s)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def spend(self, name: str) -> Spent:
        """Count a request."""
        allowed = await self._limiter.hit(self._item, name)
        return await self._told(name, allowed=allowed)

    async def peek(self, name: str) -> Spent:
        """Tell whether a request would be allowed, without counting it."""
        return await self._told(name, allowed=await self._limiter.test(self._item, name))

    async def _told(self, name: str, *, allowed: bool) -> Spent:
        stats = await self._limiter.get_window_stats(self._item, name)
        seconds = max(1, ceil(stats.reset_time - time.time()))
        headers = {
            "RateLimit-Policy": f'"{self._policy}";q={self._item.amount};w={self._window_s}',
            "RateLimit": f'"{self._policy}";r={max(0, stats.remaining)};t={seconds}',
        }
        return Spent(allowed, headers if allowed else {**headers, "Retry-After": str(seconds)})
