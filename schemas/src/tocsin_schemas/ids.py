"""Ids that two programs reach independently; each has a twin in SQL (tocsin_store) and one test vector."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from tocsin_schemas.words import ReceiptKind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOW_60: Final = (1 << 60) - 1


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
    """48 bits of `timed`, version 8, 12 bits of the hash, the variant, 62 more: as hashed_uuid() in SQL."""
    digest = int.from_bytes(sha256(text.encode()).digest()[:10], "big")
    tail = 0x8 << 76 | digest >> 68 << 64 | (0x8 | digest >> 64 & 0x3) << 60 | digest >> 4 & _LOW_60
    return UUID(int=timed.int >> 80 << 80 | tail)
