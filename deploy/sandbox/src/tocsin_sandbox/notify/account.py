"""Who the stand-in for Notify serves, and how often."""

import time
from dataclasses import dataclass
from typing import Final

_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class NotifyAccount:
    """One service. An empty key lets nobody in."""

    service_id: str
    api_key: str
    template_id: str


class PerMinute:
    """Counts requests by minutes of the clock."""

    def __init__(self) -> None:
        self._minute = 0
        self._count = 0

    def passed(self, limit: int) -> bool:
        """Count one; whether this minute has had more than so many."""
        minute = int(time.time()) // _MINUTE_S
        self._count = self._count + 1 if minute == self._minute else 1
        self._minute = minute
        return self._count > limit
