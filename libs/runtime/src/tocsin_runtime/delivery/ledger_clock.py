"""The ledger's time, which decides on everything that waits; a worker's wall clock may be wrong, and decides nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class LedgerClock:
    """Carries the ledger's time on from when it was read."""

    at: datetime
    asked_at: float
    """Monotonic seconds, when the statement that read it was sent."""
    monotonic: Callable[[], float] = time.monotonic

    def now(self) -> datetime:
        """Never behind the ledger; ahead of it by the statement's way there at most."""
        return self.at + timedelta(seconds=self.monotonic() - self.asked_at)
