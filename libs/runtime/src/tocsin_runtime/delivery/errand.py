"""One errand: ids of one alert are claimed, handed over and told about, as a batch."""

import asyncio
import random
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from tocsin_runtime.delivery.breakers import Breakers
from tocsin_runtime.delivery.channel import Batch, Finder, Gate, Outcome, OutcomeClass, Settled
from tocsin_runtime.delivery.channel import Channel as Sender
from tocsin_runtime.delivery.decide import Errand, Policy, due_at, receipt_for, receipt_for_verdict
from tocsin_runtime.delivery.holding import hold_what_failed
from tocsin_runtime.delivery.ledger_clock import LedgerClock
from tocsin_runtime.delivery.looking_up import resolved
from tocsin_runtime.delivery.pause_watch import PauseWatch
from tocsin_runtime.delivery.receipts import ReceiptOutlet
from tocsin_runtime.delivery.session import BEGIN_SECONDS, Session
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason
from tocsin_store import answers
from tocsin_store.answers import Answer
from tocsin_store.claim import ClaimedDelivery, Claims, SessionDeadError, Verdict, claim
from tocsin_store.content import AlertContent, alert_content
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 0.2
_CONTENTS_KEPT: Final = 64

_LATE: Final = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)
_PERHAPS: Final = Outcome(OutcomeClass.AMBIGUOUS, Reason.MESSAGE_DEFECT)
_NEVER: Final = Outcome(OutcomeClass.PERMANENT, Reason.MESSAGE_DEFECT)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be handed over of a claim, and until when that may begin."""

    segments: int
    begin_by: float
    """Monotonic seconds."""


Ask = Callable[[int], Awaitable[Allowance]]
"""Asked once for so many claimed deliveries; returns when the first of them may begin."""


Look = Callable[[UUID, Sequence[UUID]], Awaitable[Mapping[UUID, Verdict | None]]]
"""Says which of an alert's deliveries are not to be claimed now, and why: None where they wait in the ledger already.
Raises UNAVAILABLE."""


class BrokenHandOverError(Exception):
    """A defect of ours broke a hand-over: its record is to go to the dead letters. `rest`: how its deliveries settle."""

    def __init__(self, rest: Sequence[Settled]) -> None:
        super().__init__()
        self.rest = rest


@dataclass(frozen=True, slots=True)
class Tools:
    """What both lanes of a channel's worker share."""

    channel: Channel
    pool: Pool
    sender: Sender
    policy: Policy
    session: Session
    pauses: PauseWatch
    breakers: Breakers
    receipts: ReceiptOutlet
    finder: Finder | None = None
    look: Look | None = None
    contents: OrderedDict[tuple[UUID, int], AlertContent] = field(default_factory=OrderedDict)


async def carry_out(
    tools: Tools,
    *,
    errand: Errand,
    ids: Sequence[UUID],
    claims: asyncio.Semaphore,
    told: Callable[[Sequence[Outcome]], Awaitable[None]],
    ask: Ask | None = None,
) -> None:
    """Claim, hand over, and make the receipts durable.

    Args:
        tools: Of this worker.
        errand: What its receipts have in common.
        ids: At most `CLAIM_LIMIT`.
        claims: Permits for claims in flight.
        told: Called with each part of the outcomes once their receipts are durable; after the first only slow
            destinations are still waited for.
        ask: Says what may be handed over, where the sender is paced.
    """
    token = random.getrandbits(63)
    broken: BrokenHandOverError | None = None
    with tools.session.claiming(token):
        async with claims:
            found, sent_at = await _claimed(tools, errand=errand, ids=ids, token=token)
        if found.at is None:
            return
        clock = LedgerClock(found.at, sent_at)
        try:
            await _settled(tools, found, errand=errand, clock=clock, told=told, ask=ask)
        except BrokenHandOverError as error:  # every receipt of it is durable all the same
            broken = error
    if broken is not None:
        raise broken


async def _settled(
    tools: Tools,
    found: Claims,
    *,
    errand: Errand,
    clock: LedgerClock,
    told: Callable[[Sequence[Outcome]], Awaitable[None]],
    ask: Ask | None,
) -> None:
    now = clock.now()
    receipts = [receipt_for_verdict(verdict, errand=errand, now=now) for verdict in found.verdicts]
    receipts += [receipt_for(delivery, _LATE, errand=errand, now=now) for delivery in found.again]
    try:
        if found.taken:
            version = found.taken[0].alert_version
            content = await content_of(tools, errand.alert_id, version=version)
            taken, known = await resolved(tools, found.taken, content=content, errand=errand, clock=clock)
            receipts += known
            async for outcomes, facts in _handed_over(
                tools, taken, content=content, errand=errand, clock=clock, ask=ask
            ):
                await _tell(tools, [*receipts, *facts])
                receipts = []
                await told(outcomes)
    finally:
        await _tell(tools, receipts)


async def _tell(tools: Tools, receipts: Sequence[Receipt]) -> None:
    await tools.receipts.publish(receipts)
    if receipts:
        kinds = Counter(receipt.kind.value for receipt in receipts)
        log.info("batch_settled", channel=tools.channel.value, **kinds)


async def _claimed(tools: Tools, *, errand: Errand, ids: Sequence[UUID], token: int) -> tuple[Claims, float]:
    """Claim, as often as it takes; with it comes the moment the answered statement was sent."""
    while True:
        sent_at = time.monotonic()
        try:
            found = await claim(
                tools.pool,
                alert_id=errand.alert_id,
                delivery_ids=ids,
                session=tools.session.id or 0,
                token=token,
                channel=tools.channel,
            )
        except (SessionDeadError, *UNAVAILABLE) as error:
            log.warning("claim_failed", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return found, sent_at


async def _handed_over(
    tools: Tools,
    taken: Sequence[ClaimedDelivery],
    *,
    content: AlertContent,
    errand: Errand,
    clock: LedgerClock,
    ask: Ask | None,
) -> AsyncIterator[tuple[Sequence[Outcome], Sequence[Receipt]]]:
    if not taken:
        return
    begin_by, budget = clock.asked_at + BEGIN_SECONDS, None
    if ask is not None:
        allowed = await ask(len(taken))
        begin_by, budget = min(begin_by, allowed.begin_by), allowed.segments
    batch = Batch(errand.alert_id, taken[0].alert_version, content, taken, begin_by, budget)
    try:
        async for part in _parts(tools, batch):
            await hold_what_failed(tools, batch, part)
            await _keep_answers(tools, batch, part)
            yield (
                [settled.outcome for settled in part],
                _facts(tools, batch, part, errand=errand, now=clock.now()),
            )
    except BrokenHandOverError as error:
        await _tell(tools, _facts(tools, batch, error.rest, errand=errand, now=clock.now()))
        raise


def _facts(
    tools: Tools, batch: Batch, part: Iterable[Settled], *, errand: Errand, now: datetime
) -> list[Receipt]:
    policy, content = tools.policy, batch.content
    pairs = [(batch.deliveries[settled.number], settled.outcome) for settled in part]
    return [
        receipt_for(
            delivery,
            outcome,
            errand=errand,
            now=now,
            due_at=due_at(delivery, outcome, content=content, policy=policy, now=now),
        )
        for delivery, outcome in pairs
    ]


async def _parts(tools: Tools, batch: Batch) -> AsyncIterator[Sequence[Settled]]:
    """What the channel says, in parts; where it breaks, the error says how the rest settles."""
    unsettled = set(range(len(batch.deliveries)))
    gate = _Witness(tools.session)
    try:
        async for part in tools.sender.send(batch, gate=gate, holds=tools.pauses, routes=tools.breakers):
            unsettled -= {settled.number for settled in part}
            yield [_judged(tools, batch, settled) for settled in part]
    except Exception as error:
        broken = _PERHAPS if gate.begun else _NEVER
        raise BrokenHandOverError([Settled(number, broken) for number in sorted(unsettled)]) from error


def _judged(tools: Tools, batch: Batch, settled: Settled) -> Settled:
    if settled.outcome.of is not OutcomeClass.DEFECT:
        return settled
    delivery = batch.deliveries[settled.number].id
    return Settled(settled.number, tools.breakers.judged(settled.outcome, delivery=delivery))


class _Witness:
    """The gate, which remembers whether any hand-over has begun."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.begun = False

    def may_begin(self, begin_by: float) -> bool:
        began = self._gate.may_begin(begin_by)
        self.begun |= began
        return began

    def share(self) -> tuple[int, int]:
        return self._gate.share()


async def content_of(tools: Tools, alert_id: UUID, *, version: int) -> AlertContent:
    """What a version says, read once; waits for the database as long as it takes."""
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


async def _keep_answers(tools: Tools, batch: Batch, part: Iterable[Settled]) -> None:
    texts = [
        Answer(delivery.id, delivery.fence, settled.outcome.answer)
        for settled in part
        if settled.outcome.answer
        for delivery in (batch.deliveries[settled.number],)
    ]
    if not texts:
        return
    try:
        await answers.keep(tools.pool, texts)
    except UNAVAILABLE as error:  # the receipt has the codes; it must not wait for the words
        log.warning("answers_not_kept", count=len(texts), error=type(error).__name__)
