"""Ids that two programs reach independently; each has a twin in SQL (tocsin_store) and one test vector."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from tocsin_schemas.words import ReceiptKind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VARIANT: Final = str.maketrans("0123456789abcdef", "89ab89ab89ab89ab")


def delivery_id(alert: UUID, *, version: int, member: UUID, contact_point: UUID, wave: int) -> UUID:
    """UUIDv8 of a delivery: the alert's 48-bit time, then hash bits; an alert's deliveries are one range."""
    return _hashed(alert, f"{alert}|{version}|{member}|{contact_point}|{wave}")


def receipt_id(
    delivery: UUID, *, fence: int, kind: ReceiptKind, provider_status: str | None, due_at: datetime | None
) -> UUID:
    """UUIDv8 of a receipt from its natural key: the same fact told twice has one id."""
    due = "" if due_at is None else str(microseconds(due_at))
    return _hashed(delivery, f"{delivery}|{fence}|{kind}|{provider_status or ''}|{due}")


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970, without rounding."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def _hashed(timed: UUID, text: str) -> UUID:
    digest = sha256(text.encode()).hexdigest()
    return UUID(f"{timed.hex[:12]}8{digest[:3]}{digest[3].translate(_VARIANT)}{digest[4:19]}")
