"""What a provider of texts must do. Each is one module behind this; nothing else of the worker knows which it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin_providers.report import Report
from tocsin_runtime.delivery.channel import Outcome


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text on its way."""

    to: str
    """E.164."""
    body: str
    sender: str
    reference: str | None
    """What reports on it give back; None where nobody waits for any."""
    valid_for: int
    """Seconds until it is of no use."""
    segments: int
    cost: int | None
    """Of these, in ten-thousandths of the platform's currency."""


@dataclass(frozen=True, slots=True)
class Sought:
    """An attempt whose outcome nobody knows."""

    to: str
    body: str
    sender: str
    references: Sequence[str]
    """All it may have gone by."""
    since: datetime
    """It was not made before."""


class Provider(Protocol):
    """One account at one provider. Made inside a running loop; `close` it."""

    name: str

    async def send(self, text: Outgoing, /, *, may_begin: Callable[[], bool]) -> Outcome:
        """Hand one text over, within the deadline of a request.

        Args:
            text: What, and to whom.
            may_begin: Asked in the same slice as the first byte of the request; where it says no the text is LATE.
        """

    async def find(self, sought: Sought, /) -> Outcome:
        """Say what became of an earlier attempt: OK with the provider's id, ABSENT, or AMBIGUOUS: it cannot tell."""

    async def status(self, ref: str) -> Report | None:
        """Ask what became of a text that it took; None where it does not say."""

    async def probe(self) -> bool:
        """Whether it can be reached and lets us in."""

    async def close(self) -> None:
        """Close its connections."""
