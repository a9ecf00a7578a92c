"""What checks say alike."""

from tests.faults.history import Delivery, Finding


def of_delivery(
    row: Delivery, rule: str, says: str, *, invariant: str = "I1", at: float | None = None
) -> Finding:
    """A finding about a delivery."""
    return Finding(invariant, rule, str(row.id), says, at=at)
