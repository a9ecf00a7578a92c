"""One errand: ids of one alert are claimed, handed over and told about, as a batch."""

import asyncio
import random
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass
from tocsin_runtime.delivery.channel import Channel as Sender
from tocsin_runtime.delivery.decide import Policy, due_at, is_spent, receipt_for, receipt_for_verdict
from tocsin_runtime.delivery.pause_watch import PauseWatch
from tocsin_runtime.delivery.receipts import ReceiptOutlet
from tocsin_runtime.delivery.session import BEGIN_SECONDS, Session
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason
from tocsin_store.claim import ClaimedDelivery, Claims, claim
from tocsin_store.content import AlertContent, alert_content
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 0.2
_CONTENTS_KEPT: Final = 64

_LATE: Final = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)
_SPENT: Final = Outcome(OutcomeClass.AMBIGUOUS, Reason.SESSION_LOST)


@dataclass(frozen=True, slots=True)
class Tools:
    """What both lanes of a channel's worker share."""

    channel: Channel
    pool: Pool
    sender: Sender
    policy: Policy
    session: Session
    pauses: PauseWatch
    receipts: ReceiptOutlet
    contents: OrderedDict[tuple[UUID, int], AlertContent] = field(default_factory=OrderedDict)


async def carry_out(
    tools: Tools, *, alert_id: UUID, ids: Sequence[UUID], claims: asyncio.Semaphore
) -> Sequence[Outcome]:
    """Claim, hand over, and make the receipts durable.

    Args:
        tools: Of this worker.
        alert_id: Whose deliveries.
        ids: At most `CLAIM_LIMIT`.
        claims: Permits for claims in flight.

    Returns:
        What became of those that were handed over.
    """
    token = random.getrandbits(63)
    tools.session.opened(token)
    async with claims:
        found, sent_at = await _claimed(tools, alert_id=alert_id, ids=ids, token=token)
    spent = [delivery for delivery in found.taken if is_spent(delivery, policy=tools.policy)]
    taken = [delivery for delivery in found.taken if not is_spent(delivery, policy=tools.policy)]
    now = datetime.now(UTC)
    receipts = [
        receipt_for_verdict(verdict, alert_id=alert_id, channel=tools.channel, now=now)
        for verdict in found.verdicts
    ]
    receipts += _told(tools, found.again, _LATE, alert_id=alert_id)
    receipts += _told(tools, spent, _SPENT, alert_id=alert_id)
    outcomes: Sequence[Outcome] = []
    if taken:
        outcomes, told = await _handed_over(tools, taken, alert_id=alert_id, begin_by=sent_at + BEGIN_SECONDS)
        receipts += told
    await tools.receipts.publish(receipts)
    tools.session.closed(token)
    if receipts:
        kinds = Counter(receipt.kind.value for receipt in receipts)
        log.info("batch_settled", channel=tools.channel.value, **kinds)
    return outcomes


async def _claimed(tools: Tools, *, alert_id: UUID, ids: Sequence[UUID], token: int) -> tuple[Claims, float]:
    """Claim, as often as it takes; with it comes the moment the answered statement was sent."""
    while True:
        sent_at = time.monotonic()
        try:
            found = await claim(
                tools.pool,
                alert_id=alert_id,
                delivery_ids=ids,
                session=tools.session.id or 0,
                token=token,
                channel=tools.channel,
            )
        except UNAVAILABLE as error:
            log.warning("claim_failed", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return found, sent_at


async def _handed_over(
    tools: Tools, taken: Sequence[ClaimedDelivery], *, alert_id: UUID, begin_by: float
) -> tuple[Sequence[Outcome], list[Receipt]]:
    version = taken[0].alert_version
    content = await _content(tools, alert_id, version=version)
    outcomes = await tools.sender.send(Batch(alert_id, version, content, taken, begin_by), gate=tools.session)
    await _hold_where_paused(tools, outcomes)
    now = datetime.now(UTC)
    receipts = [
        receipt_for(
            delivery,
            outcome,
            alert_id=alert_id,
            channel=tools.channel,
            provider=tools.sender.name,
            now=now,
            due_at=due_at(delivery, outcome, content=content, policy=tools.policy, now=now),
        )
        for delivery, outcome in zip(taken, outcomes, strict=True)
    ]
    return outcomes, receipts


async def _content(tools: Tools, alert_id: UUID, *, version: int) -> AlertContent:
    kept = tools.contents
    while (content := kept.get((alert_id, version))) is None:
        try:
            kept[alert_id, version] = await alert_content(tools.pool, alert_id, version=version)
        except UNAVAILABLE as error:
            log.warning("content_unavailable", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
    if len(kept) > _CONTENTS_KEPT:
        kept.popitem(last=False)
    return content


async def _hold_where_paused(tools: Tools, outcomes: Iterable[Outcome]) -> None:
    paused = next((outcome for outcome in outcomes if outcome.of is OutcomeClass.PAUSE), None)
    if paused is None:
        return
    try:
        await tools.pauses.hold(paused.reason or Reason.PROVIDER_UNREACHABLE)
    except UNAVAILABLE as error:  # this worker pauses; the watch tells the ledger when it can
        log.warning("pause_not_told", error=type(error).__name__)


def _told(
    tools: Tools, deliveries: Iterable[ClaimedDelivery], outcome: Outcome, *, alert_id: UUID
) -> list[Receipt]:
    now = datetime.now(UTC)
    return [
        receipt_for(
            delivery, outcome, alert_id=alert_id, channel=tools.channel, provider=tools.sender.name, now=now
        )
        for delivery in deliveries
    ]
