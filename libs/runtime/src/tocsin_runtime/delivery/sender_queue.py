"""What waits in hand for a sender's next turns: by expiry, then as it came."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final
from uuid import UUID

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_runtime.delivery.parcels import Parcel
from tocsin_store.pace import Standing

_LEARNS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery in hand, unclaimed."""

    id: UUID
    parcel: Parcel
    since: float
    """Monotonic seconds."""


@dataclass(eq=False, slots=True)
class AlertQueue:
    """What of one alert version waits for its sender."""

    alert_id: UUID
    standing: Standing
    each: float = 0.0
    """Segments of a message, as far as is known; 0 before anything is."""
    held: deque[Held] = field(default_factory=deque)

    def learn(self, outcomes: Sequence[Outcome], *, segments: int) -> None:
        """See how many segments messages really have, where so many were not enough for any: more than these."""
        for outcome in outcomes:
            if outcome.of is OutcomeClass.OK and outcome.segments:
                self.each += _LEARNS * (outcome.segments - self.each)
        if outcomes and all(
            outcome.of is OutcomeClass.LATE and outcome.scope is Scope.ROUTE for outcome in outcomes
        ):
            self.each = max(self.each, segments + 1.0)

    def taken(self, count: int) -> list[Held]:
        """Take the first so many out."""
        return [self.held.popleft() for _ in range(min(count, len(self.held)))]

    def gone(self) -> list[Held]:
        """Take out those whose partition is not ours any more."""
        gone = [held for held in self.held if not held.parcel.taken.current]
        if gone:
            self.held = deque(held for held in self.held if held.parcel.taken.current)
        return gone


@dataclass(frozen=True, slots=True)
class Share:
    """Deliveries of one alert that go in one turn, and their part of its segments."""

    alert: AlertQueue
    held: Sequence[Held]
    segments: int


@dataclass(eq=False, slots=True)
class SenderQueue:
    """A sender's alerts, by id and version."""

    sender: str
    alerts: dict[tuple[UUID, int], AlertQueue] = field(default_factory=dict)

    def of(self, alert_id: UUID, standing: Standing) -> AlertQueue:
        """The queue of an alert version."""
        return self.alerts.setdefault((alert_id, standing.version), AlertQueue(alert_id, standing))

    def in_order(self) -> list[AlertQueue]:
        """Those of which something waits, the one that expires first before the others."""
        self.alerts = {key: alert for key, alert in self.alerts.items() if alert.held}
        return sorted(self.alerts.values(), key=lambda alert: (alert.standing.expires_at, alert.alert_id))

    @property
    def segments(self) -> int:
        """Of all that waits."""
        return max(1, ceil(sum(len(alert.held) * alert.each for alert in self.alerts.values())))

    def shares(self, segments: int, *, most: int) -> Iterator[Share]:
        """Take out what goes in a turn of so many segments, and messages: at least one, for which it was taken."""
        left, room = segments, most
        for alert in (each for each in self.in_order() if each.each):
            fits = int(left / alert.each + 1e-9)
            taken = alert.taken(min(room, max(fits, int(left == segments))))
            if not taken:
                return
            given = left if alert.held else min(left, ceil(len(taken) * alert.each))
            yield Share(alert, taken, given)
            left, room = left - given, room - len(taken)
            if left <= 0 or room <= 0:
                return
