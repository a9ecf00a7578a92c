"""What each channel may do about attempts that may have arrived, or that failed later; said here once more.

The checker does not take it from the product, which could be wrong about it.
"""

from typing import Final

from tests.faults.checks.index import Index
from tests.faults.history import Delivery, Fact
from tocsin_schemas.words import Channel, ReceiptKind, Severity

_LOUD: Final = frozenset({Severity.EXTREME, Severity.SEVERE})


def resends(index: Index, row: Delivery) -> int:
    """How often an attempt that may have arrived is made again: of email always once, of others only where it must."""
    alert = index.history.dump.alerts.get(row.alert)
    return int(row.channel is Channel.EMAIL or (alert is not None and alert.severity in _LOUD))


def looks_up(row: Delivery) -> bool:
    """Whether its provider is asked what became of an attempt that may have arrived."""
    return row.channel is not Channel.EMAIL


def is_tried_again(fact: Fact) -> bool:
    """Whether it had been accepted, and failed, and another attempt is lawful."""
    return fact.kind is ReceiptKind.FAILED and fact.due_at is not None
