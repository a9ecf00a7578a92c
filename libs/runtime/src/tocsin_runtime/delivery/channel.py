"""What a channel must do, and how it says what became of a message."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    """Relay, credentials or sender are at fault, not this member; no attempt was used."""
    DEFECT = "defect"
    """We sent something malformed."""
    LATE = "late"
    """Not begun in time; nothing happened."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    of: OutcomeClass
    reason: Reason | None = None
    provider_status: str | None = None
    """Reply code and enhanced code, without text."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed deliveries of one alert version."""

    alert_id: UUID
    version: int
    content: AlertContent
    deliveries: Sequence[ClaimedDelivery]
    begin_by: float
    """Monotonic seconds after which no hand-over may begin."""


class Gate(Protocol):
    """Asked in the same slice as the first byte of a hand-over."""

    def may_begin(self, begin_by: float) -> bool:
        """Whether the claim is young enough and the session's heartbeat fresh enough."""


class Channel(Protocol):
    """One way to reach people. Its name is the provider in receipts."""

    name: str

    async def send(self, batch: Batch, *, gate: Gate) -> Sequence[Outcome]:
        """Hand every message over; one outcome for each, in order. Raises nothing but bugs."""

    async def probe(self) -> bool:
        """Whether the provider can be reached and lets us in."""
