"""Breakers: what many outcomes say of a destination or an alert that one of them does not (design 5.8, providers 4)."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason
from tocsin_store.pauses import alert_route

_FAULTS: Final = 5
"""Faults of a destination in a row that open its breaker."""
_SLOW: Final = 3
_SLOW_WITHIN_SECONDS: Final = 30.0
_LEAST: Final = 5
"""Refusals before their share means anything."""
_REFUSED_SHARE: Final = 0.05
_MUCH: Final = 1_000
"""Outcomes of a destination after which the older ones count half."""
_SPAM_SHARE: Final = 0.02
_KEPT: Final = 4_096
_SAYS_NOTHING: Final = frozenset({OutcomeClass.PAUSE, OutcomeClass.DEFECT})
"""Of a destination or an alert, beyond the hold that one of them asks for."""

K = TypeVar("K")

_ROUTE_HELD: Final = timedelta(seconds=30)
_ALERT_HELD: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Trip:
    """A breaker that has opened: this route is to be put on hold."""

    route: str
    reason: Reason
    lasts: timedelta


@dataclass(slots=True)
class _Counts:
    total: int = 0
    refused: int = 0
    in_a_row: int = 0
    slow: list[float] = field(default_factory=list)

    def fade(self) -> None:
        """Halve what has been counted once it is much: a domain that was well all week may refuse us today."""
        if self.total >= _MUCH:
            self.total //= 2
            self.refused //= 2


class Breakers:
    """Counts of one worker process, by destination and by alert; the least recently seen are forgotten."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._routes: OrderedDict[str, _Counts] = OrderedDict()
        self._alerts: OrderedDict[UUID, _Counts] = OrderedDict()
        self._malformed: OrderedDict[UUID, None] = OrderedDict()
        self._opened: list[Trip] = []

    def slow(self, route: str) -> None:
        """A hand-over to this destination has been open for longer than is healthy."""
        now = self._clock()
        counts = _counts(self._routes, route)
        counts.slow = [at for at in counts.slow if now - at < _SLOW_WITHIN_SECONDS] + [now]
        if len(counts.slow) >= _SLOW:
            self._open(route, Reason.DOMAIN_SLOW)

    def judged(self, outcome: Outcome, *, delivery: UUID) -> Outcome:
        """What a defect means for its alert: one message called malformed twice is at fault alone, and fails alone."""
        if outcome.reason is not Reason.MESSAGE_DEFECT:
            return outcome
        if delivery in self._malformed:
            return replace(outcome, of=OutcomeClass.PERMANENT, scope=None)
        self._malformed[delivery] = None
        if len(self._malformed) > _KEPT:
            self._malformed.popitem(last=False)
        return outcome

    def note(self, outcome: Outcome, *, route: str, alert_id: UUID) -> None:
        """Count one outcome."""
        if outcome.of in _SAYS_NOTHING or outcome.of.untried:
            return
        self._note_route(outcome, route=route)
        self._note_alert(outcome, alert_id=alert_id)

    def taken(self) -> list[Trip]:
        """Those that have opened since the last call."""
        opened, self._opened = self._opened, []
        return opened

    def _note_route(self, outcome: Outcome, *, route: str) -> None:
        counts = _counts(self._routes, route)
        if outcome.of is OutcomeClass.OK:
            counts.slow.clear()
        counts.fade()
        counts.total += 1
        at_fault = outcome.scope is Scope.ROUTE
        if at_fault and outcome.of is OutcomeClass.PERMANENT:
            counts.refused += 1
            if counts.refused >= _LEAST and counts.refused > _REFUSED_SHARE * counts.total:
                self._open(route, outcome.reason or Reason.POLICY)
            return
        counts.in_a_row = counts.in_a_row + 1 if at_fault else 0
        if counts.in_a_row >= _FAULTS:
            self._open(route, outcome.reason or Reason.DOMAIN_UNREACHABLE)

    def _note_alert(self, outcome: Outcome, *, alert_id: UUID) -> None:
        counts = _counts(self._alerts, alert_id)
        counts.total += 1
        counts.refused += outcome.scope is Scope.ALERT
        if counts.refused >= _LEAST and counts.refused > _SPAM_SHARE * counts.total:
            self._opened.append(Trip(alert_route(alert_id), outcome.reason or Reason.SPAM, _ALERT_HELD))
            del self._alerts[alert_id]

    def _open(self, route: str, reason: Reason) -> None:
        self._opened.append(Trip(route, reason, _ROUTE_HELD))
        del self._routes[route]  # what comes after the hold is counted anew


def _counts(kept: OrderedDict[K, _Counts], key: K) -> _Counts:
    counts = kept.get(key)
    if counts is None:
        counts = kept[key] = _Counts()
        if len(kept) > _KEPT:
            kept.popitem(last=False)
    else:
        kept.move_to_end(key)
    return counts
