"""One line of a provider's table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason


@dataclass(frozen=True, slots=True)
class Row:
    """What some codes of a provider mean; `source` says who says so."""

    codes: Sequence[int]
    of: OutcomeClass
    reason: Reason
    source: str
    scope: Scope | None = None
    lasts: timedelta | None = None
    retries: Sequence[float] | None = None
    """Seconds until another attempt, by attempts made, where the cause has a schedule of its own."""
    most: int | None = None
    """Attempts in all that this cause allows."""
