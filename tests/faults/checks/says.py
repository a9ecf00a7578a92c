"""What checks say alike."""

from typing import Final

from tests.faults.history import Delivery, Finding

RESENDS: Final = 1
"""How often the policy of email makes an attempt again that may have arrived."""


def of_delivery(
    row: Delivery, rule: str, says: str, *, invariant: str = "I1", at: float | None = None
) -> Finding:
    """A finding about a delivery."""
    return Finding(invariant, rule, str(row.id), says, at=at)
