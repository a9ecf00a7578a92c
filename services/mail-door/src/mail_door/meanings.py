"""What a message at a return path can mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin_schemas.words import Reason, ReceiptKind


class Kind(StrEnum):
    """A closed list: the label of a metric."""

    FAILED = "failed"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    """Relayed or expanded: another system took it, which will not report."""
    DELAYED = "delayed"
    """Somebody still tries: no fact."""
    COMPLAINED = "complained"
    AUTO_REPLY = "auto_reply"
    OTHER_REPORT = "other_report"
    """A feedback report that is no complaint."""
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One message, understood. `status` is kind of report and code, never a text of its sender."""

    kind: Kind
    reason: Reason | None = None
    status: str | None = None


RECEIPTS: Final[Mapping[Kind, ReceiptKind]] = {
    Kind.FAILED: ReceiptKind.FAILED,
    Kind.DELIVERED: ReceiptKind.DELIVERED,
    Kind.ACCEPTED: ReceiptKind.ACCEPTED,
    Kind.COMPLAINED: ReceiptKind.COMPLAINED,
}
"""The kinds that are facts about a delivery; the others are only counted."""
