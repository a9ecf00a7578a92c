"""Texts as the providers' own ledger has them, and whom they come from."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

_LEAST_FIELDS: Final = 7  # of a line, see `tocsin_sandbox.phones.texts_log`
_NONE: Final = "-"


@dataclass(frozen=True, slots=True)
class Taken:
    """A text or a call that a provider took responsibility for."""

    at: float
    begun: float
    provider: str
    ref: str
    """The provider's own id of it."""
    reference: str
    """What it gives back in every report."""
    recipient: str
    segments: int

    @property
    def reported_as(self) -> str:
        """Whose reports are about it: Twilio's of calls are others than those of texts."""
        return "calls" if self.ref.startswith("CA") else self.provider

    @property
    def attempt(self) -> tuple[UUID, int] | None:
        """Delivery and fence; None where it is of no delivery.

        Raises:
            ValueError: The reference is not of our making.
        """
        if self.reference == _NONE:
            return None
        delivery, fence, _ = self.reference.split(".")
        return UUID(hex=delivery), int(fence)


def taken_in(line: bytes) -> Taken | None:
    """What a line says; None where it is a heading."""
    fields = line.decode().split("\t")
    if len(fields) < _LEAST_FIELDS:
        return None
    at, provider, ref, reference, recipient, segments, begun, *_ = fields
    return Taken(float(at), float(begun), provider, ref, reference, recipient, int(segments))


def sender_of(agency: UUID) -> str:
    """Whom its texts come from; begins as no member's number does."""
    return f"+4474{agency.int % 10**8:08d}"
