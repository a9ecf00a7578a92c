"""What a channel must do, and how it says what became of a message."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent


class OutcomeClass(StrEnum):
    """The closed list of what an attempt can come to; what follows from each is decided in `decide`."""

    OK = "ok"
    RETRY_SAFE = "retry_safe"
    """Certainly not taken."""
    AMBIGUOUS = "ambiguous"
    """May have been taken."""
    PERMANENT = "permanent"
    """Will never work for this message and address."""
    SUPPRESS = "suppress"
    """Will never work for this address."""
    PAUSE = "pause"
    """Provider, credentials, sender or route are at fault, not this member; no attempt was used."""
    DEFECT = "defect"
    """We sent something malformed: the alert stops."""
    ABSENT = "absent"
    """Looked up: the earlier attempt certainly was not taken. Nothing was sent."""
    LATE = "late"
    """Not begun in time; nothing happened. With scope ROUTE: its destination had no room."""
    OCCUPIED = "occupied"
    """Something else goes there, or too much everywhere; nothing happened. Always with `lasts`: when to try again."""
    NEEDLESS = "needless"
    """Another delivery does for this one; nothing happened, and nothing will."""

    @property
    def untried(self) -> bool:
        """Whether nothing at all happened, which says nothing of anybody."""
        return self in {OutcomeClass.LATE, OutcomeClass.OCCUPIED, OutcomeClass.NEEDLESS}


class Scope(StrEnum):
    """What a failure is the fault of, and so what a pause holds."""

    CHANNEL = "channel"
    """Every provider of it: nothing can leave."""
    SENDER = "sender"
    """The agency's sender identity."""
    ROUTE = "route"
    """The destination: a domain, a country."""
    ALERT = "alert"
    """What the alert says, or how we rendered it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    of: OutcomeClass
    reason: Reason | None = None
    provider_status: str | None = None
    """Reply code and enhanced code, without text."""
    scope: Scope | None = None
    """What is at fault, where it is more than this delivery; always given with PAUSE."""
    lasts: timedelta | None = None
    """How long a pause is believed before it is probed, or another attempt waits, where the answer says so."""
    provider: str | None = None
    """Which provider was asked; None where none was."""
    answer: str | None = None
    """The answer's text: for the ledger alone, since it may name people."""
    ref: str | None = None
    """The provider's id of what it took, where later reports go by that."""
    segments: int | None = None
    """Parts that a text was sent in."""
    cost: int | None = None
    """Of these, in ten-thousandths of the platform's currency."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed deliveries of one alert version."""

    alert_id: UUID
    version: int
    content: AlertContent
    deliveries: Sequence[ClaimedDelivery]
    begin_by: float
    """Monotonic seconds after which no hand-over may begin."""
    budget: int | None = None
    """Segments that may be handed over now; None: as many as there are."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of one delivery of a batch."""

    number: int
    """Its place in `Batch.deliveries`."""
    outcome: Outcome


class Gate(Protocol):
    """Asked in the same slice as the first byte of a hand-over."""

    def may_begin(self, begin_by: float) -> bool:
        """Whether the claim is young enough and the session's heartbeat fresh enough."""

    def share(self) -> tuple[int, int]:
        """This worker's rank among how many live ones of its kind; (0, 0) while that is not known for certain."""


class Holds(Protocol):
    """Which providers are on hold, in every worker; probes end it."""

    def is_held(self, provider: str) -> bool:
        """Whether nothing is to be handed to this provider now."""

    def hold(self, provider: str, reason: Reason, *, rest: timedelta | None = None) -> None:
        """Hand this provider nothing until a probe succeeds, and `rest` has passed where given."""


class RouteWatch(Protocol):
    """Told how destinations do, so that a dead or slow one is paused."""

    def slow(self, route: str) -> None:
        """A hand-over to this route has been open for longer than is healthy."""


class Finder(Protocol):
    """Asks providers what became of attempts whose outcome nobody knows."""

    async def find(self, batch: Batch) -> Sequence[Settled]:
        """Look up the earlier attempts of these deliveries; nothing is sent.

        Each delivery settles once: OK (with the provider's id) where one was taken, ABSENT where no provider took it,
        or what it took did not arrive, AMBIGUOUS where that cannot be told now. Answers within a second or two; after
        one it may be cancelled, and everything counts as AMBIGUOUS. Raises nothing but bugs.
        """


class Channel(Protocol):
    """One way to reach people, over one provider or several."""

    providers: Sequence[str]
    """Their names in receipts, metrics and pauses; at least one."""

    def send(
        self, batch: Batch, *, gate: Gate, holds: Holds, routes: RouteWatch
    ) -> AsyncIterator[Sequence[Settled]]:
        """Hand every message over; outcomes come in parts, so that slow ones hold nobody else.

        Yields once when all are settled; where some take longer than about a second, first what is settled by then,
        and the rest later. Each delivery settles exactly once. Raises nothing but bugs.
        """

    async def probe(self, provider: str) -> bool:
        """Whether the provider can be reached and lets us in."""
