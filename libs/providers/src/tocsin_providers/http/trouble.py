"""When a provider is in trouble: it cannot be reached, refuses us, or several answers in a row did not come."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason

FAULTS: Final = 5
"""Answers in a row that nobody can make anything of."""
_WITHIN_SECONDS: Final = 30.0
_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 60.0
_LONG_WAIT: Final = timedelta(seconds=10)
"""Asked to wait for longer, others are asked meanwhile."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A provider is to be left alone."""

    reason: Reason
    lasts: timedelta | None
    """None: until a probe succeeds."""


class Trouble:
    """One provider, as this process finds it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faults: list[float] = []
        self._strikes = 0
        self._resting_until = float("-inf")

    def note(self, outcome: Outcome) -> Rest | None:
        """Note what a request came to; says so where the provider is to be left alone."""
        reason = outcome.reason or Reason.PROVIDER_BUSY
        match outcome.of:
            case OutcomeClass.OK:
                self._faults.clear()
                self._strikes = 0
            case OutcomeClass.PAUSE if outcome.scope is Scope.CHANNEL:
                return Rest(reason, outcome.lasts)
            case OutcomeClass.AMBIGUOUS:
                return self._fault(reason)
            case OutcomeClass.RETRY_SAFE if outcome.lasts is not None and outcome.lasts > _LONG_WAIT:
                return Rest(reason, outcome.lasts)
        return None

    def _fault(self, reason: Reason) -> Rest | None:
        """Many at once count once; each rest is twice as long as the last, up to a minute, until something goes well."""
        now = self._clock()
        self._faults = [at for at in self._faults if now - at < _WITHIN_SECONDS] + [now]
        if len(self._faults) < FAULTS or now < self._resting_until:
            return None
        self._faults.clear()
        seconds = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2**self._strikes)
        self._strikes = min(self._strikes + 1, 10)
        self._resting_until = now + seconds
        return Rest(reason, timedelta(seconds=seconds))
