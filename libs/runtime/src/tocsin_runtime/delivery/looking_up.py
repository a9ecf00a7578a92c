"""Look-ups: an attempt that may have arrived is asked after before another one is made (providers 1)."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from tocsin_runtime.delivery.channel import Batch, Finder, Outcome, OutcomeClass, Settled
from tocsin_runtime.delivery.decide import Errand, Policy, due_at, is_spent, receipt_for
from tocsin_runtime.delivery.ledger_clock import LedgerClock
from tocsin_runtime.delivery.session import BEGIN_SECONDS
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent

_PATIENCE_SECONDS: Final = 5.0
_HURRY_SECONDS: Final = 1.0
"""Where another attempt may follow in the same claim: time to begin it must remain."""
_SPENT: Final = Outcome(OutcomeClass.AMBIGUOUS, Reason.SESSION_LOST)
_SILENT: Final = Outcome(OutcomeClass.AMBIGUOUS, Reason.PROVIDER_SLOW)


class Tools(Protocol):
    """What of a worker this needs."""

    @property
    def policy(self) -> Policy:
        """Of its channel."""

    @property
    def finder(self) -> Finder | None:
        """Who can look attempts up, where somebody can."""


async def resolved(
    tools: Tools,
    taken: Sequence[ClaimedDelivery],
    *,
    content: AlertContent,
    errand: Errand,
    clock: LedgerClock,
) -> tuple[Sequence[ClaimedDelivery], list[Receipt]]:
    """Settle those whose last attempt is known now, or may not be made again.

    Returns:
        Those to hand over, and the receipts of the others.
    """
    doubtful = [delivery for delivery in taken if delivery.resolve]
    if not doubtful:
        return taken, []
    policy = tools.policy
    outcomes = await _outcomes(tools, doubtful, content=content, errand=errand, clock=clock)
    receipts: list[Receipt] = []
    settled: set[ClaimedDelivery] = set()
    now = clock.now()
    for delivery, outcome in zip(doubtful, outcomes, strict=True):
        unknown = outcome.of is OutcomeClass.AMBIGUOUS
        if unknown and not is_spent(delivery, policy=policy, severity=content.severity):
            continue
        settled.add(delivery)
        due = None if unknown else due_at(delivery, outcome, content=content, policy=policy, now=now)
        looked_up = tools.finder is not None
        receipts.append(
            receipt_for(delivery, outcome, errand=errand, now=now, due_at=due, looked_up=looked_up)
        )
    return [delivery for delivery in taken if delivery not in settled], receipts


async def _outcomes(
    tools: Tools,
    doubtful: Sequence[ClaimedDelivery],
    *,
    content: AlertContent,
    errand: Errand,
    clock: LedgerClock,
) -> list[Outcome]:
    """What is known now of each one's last attempt."""
    if tools.finder is None:
        return [_SPENT] * len(doubtful)
    begin_by = clock.asked_at + BEGIN_SECONDS
    batch = Batch(errand.alert_id, doubtful[0].alert_version, content, doubtful, begin_by)
    outcomes = [_SILENT] * len(doubtful)
    found: Sequence[Settled] = ()
    try:
        async with asyncio.timeout(
            _HURRY_SECONDS if tools.policy.resends[content.severity] else _PATIENCE_SECONDS
        ):
            found = await tools.finder.find(batch)
    except TimeoutError:
        return outcomes
    for settled in found:
        outcomes[settled.number] = settled.outcome
    return outcomes
