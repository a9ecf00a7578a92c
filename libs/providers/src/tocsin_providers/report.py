"""What a provider reports of a message that it took: in a callback, or when it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason, ReceiptKind


@dataclass(frozen=True, slots=True)
class Report:
    """One status of a message, and what it means."""

    status: str
    """As the provider has it, with its code: "undelivered 30003"."""
    of: OutcomeClass
    reason: Reason | None = None
    scope: Scope | None = None
    lasts: timedelta | None = None
    """How long a pause is believed before it is probed."""
    final: bool = True
    """Whether no further report is expected."""
    retries: Sequence[float] | None = None
    """Seconds until another attempt, by attempts made, where the cause has a schedule of its own."""
    most: int | None = None
    """Attempts in all that this cause allows."""
    says: ReceiptKind | None = None
    """What it is called in the timeline where its class does not tell."""

    @property
    def kind(self) -> ReceiptKind:
        """What it is called in the timeline."""
        if self.says is not None:
            return self.says
        if self.of is OutcomeClass.OK:
            return ReceiptKind.DELIVERED if self.final else ReceiptKind.ACCEPTED
        return ReceiptKind.UNKNOWN if self.of is OutcomeClass.AMBIGUOUS else ReceiptKind.FAILED
