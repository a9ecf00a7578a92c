"""Receipts as a worker would write them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from tests.support.world import Situation
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import RECEIPTS
from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store.merge import merge
from tocsin_store.merged_offsets import Log
from tocsin_store.pool import Pool

LOG: Final = Log(RECEIPTS.name, UUID(int=1))
"""Where nothing is read from."""


def told(
    situation: Situation,
    kind: ReceiptKind,
    *,
    number: int = 0,
    fence: int = 1,
    due_in: timedelta | None = None,
    status: str | None = None,
    reason: Reason | None = None,
) -> Receipt:
    """A fact about one delivery, of now."""
    now = datetime.now(UTC)
    return fact(
        situation.ids[number],
        kind,
        alert=situation.alert,
        fence=fence,
        due_at=None if due_in is None else now + due_in,
        status=status,
        reason=reason,
    )


def fact(
    delivery: UUID,
    kind: ReceiptKind,
    *,
    alert: UUID,
    fence: int = 1,
    due_at: datetime | None = None,
    status: str | None = None,
    reason: Reason | None = None,
) -> Receipt:
    """A fact about any delivery, of now."""
    return Receipt.of(
        delivery,
        alert=alert,
        alert_version=1,
        channel=Channel.EMAIL,
        fence=fence,
        kind=kind,
        now=datetime.now(UTC),
        reason=reason,
        provider="relay",
        provider_status=status,
        due_at=due_at,
    )


async def merged(pool: Pool, receipts: Sequence[Receipt]) -> int:
    """Merge without offsets; returns how many were new."""
    return (await merge(pool, LOG, receipts=receipts, advances=[])).fresh
