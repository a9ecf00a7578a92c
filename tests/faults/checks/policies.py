"""What each channel may do about attempts that may have arrived, or that failed later; said here once more.

The checker does not take it from the product, which could be wrong about it.
"""

from collections.abc import Mapping
from typing import Final

from tests.faults.checks.index import Index
from tests.faults.history import Delivery, Fact
from tocsin_schemas.words import Channel, ReceiptKind, Severity

_LOUD: Final = frozenset({Severity.EXTREME, Severity.SEVERE})
_PASS: Final = frozenset({"carrier_fault"})
_PASS_OF_CALLS: Final = _PASS | {"line_busy", "no_answer"}
_TWICE: Final = 2
_MINUTE: Final = 80.0
_TEXTED_AGAIN: Final[Mapping[Severity, float]] = {Severity.EXTREME: 7.0, Severity.SEVERE: 40.0}
CALLED_AGAIN: Final = (140.0, 220.0)
"""Seconds until whoever was out is called again, at the least and at the most: three minutes, more or less."""
MOST_CALLS: Final = 3
"""To one number about one alert version."""


def resends(index: Index, row: Delivery) -> int:
    """How often an attempt that may have arrived is made again: of email always once, of others only where it must."""
    alert = index.history.dump.alerts.get(row.alert)
    return int(row.channel is Channel.EMAIL or (alert is not None and alert.severity in _LOUD))


def looks_up(row: Delivery) -> bool:
    """Whether its provider is asked what became of an attempt that may have arrived."""
    return row.channel is not Channel.EMAIL


def passes(row: Delivery, fact: Fact) -> bool:
    """Whether a failure is of a kind that is over some time later: of calls a line that is busy or not answered, too."""
    reasons = _PASS_OF_CALLS if row.channel is Channel.VOICE else _PASS
    return fact.kind is ReceiptKind.FAILED and fact.reason in reasons


def was_tried_often(row: Delivery) -> bool:
    """Whether a failure may be its last word."""
    return row.attempts > 1 if row.channel is Channel.VOICE else row.fence > _TWICE


def tried_again_after(index: Index, row: Delivery) -> float:
    """Seconds after which a second attempt would have come, however late."""
    alert = index.history.dump.alerts.get(row.alert)
    if row.channel is Channel.VOICE or alert is None:
        return CALLED_AGAIN[1]
    return _TEXTED_AGAIN.get(alert.severity, _MINUTE)


def is_tried_again(fact: Fact) -> bool:
    """Whether it had been accepted, and failed, and another attempt is lawful."""
    return fact.kind is ReceiptKind.FAILED and fact.due_at is not None
