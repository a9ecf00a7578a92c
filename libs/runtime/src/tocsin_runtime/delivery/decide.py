"""What follows from an outcome: one place decides on retries, ambiguity and expiry (design 5.8, providers 5)."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Lane, ReceiptKind, Severity
from tocsin_store.claim import ClaimedDelivery, Verdict
from tocsin_store.content import AlertContent

_KINDS: Final[Mapping[OutcomeClass, ReceiptKind]] = {
    OutcomeClass.OK: ReceiptKind.ACCEPTED,
    OutcomeClass.RETRY_SAFE: ReceiptKind.REFUSED,
    OutcomeClass.AMBIGUOUS: ReceiptKind.UNKNOWN,
    OutcomeClass.PERMANENT: ReceiptKind.FAILED,
    OutcomeClass.SUPPRESS: ReceiptKind.FAILED,
    OutcomeClass.DEFECT: ReceiptKind.DEFERRED,  # its alert is on hold
    OutcomeClass.PAUSE: ReceiptKind.DEFERRED,
    OutcomeClass.ABSENT: ReceiptKind.REFUSED,
    OutcomeClass.LATE: ReceiptKind.RELEASED,
    OutcomeClass.OCCUPIED: ReceiptKind.RELEASED,
    OutcomeClass.NEEDLESS: ReceiptKind.SUPPRESSED,
}
_NO_ATTEMPT: Final = frozenset({OutcomeClass.PAUSE, OutcomeClass.DEFECT, OutcomeClass.ABSENT})
_NO_ROOM: Final = timedelta(seconds=5)
"""After how long a delivery whose destination had no room is tried again."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a channel retries. Delays in seconds, by attempts made; the last one repeats until the alert expires."""

    delays: Mapping[Severity, Sequence[float]]
    resends: Mapping[Severity, int]
    """How often an attempt that may have arrived is made again."""
    resend_after: timedelta
    looks_up: bool = False
    """Whether providers can tell later what became of an attempt: then they are asked first, `resend_after` it."""


EMAIL: Final = Policy(
    delays={
        Severity.EXTREME: (2, 10, 30, 60, 120),
        Severity.SEVERE: (30, 120, 300, 900, 1_800),
        Severity.MODERATE: (300, 900, 1_800, 3_600, 7_200),
        Severity.MINOR: (300, 900, 1_800, 3_600, 7_200),
        Severity.UNKNOWN: (300, 900, 1_800, 3_600, 7_200),
    },
    resends=dict.fromkeys(Severity, 1),
    resend_after=timedelta(seconds=30),
)
"""Schedule and resends of providers.md, sections 4 and 5."""

SMS: Final = Policy(
    delays={
        Severity.EXTREME: (2, 5, 15, 30, 60),
        Severity.SEVERE: (10, 30, 120, 300, 900),
        Severity.MODERATE: (60, 300, 900, 3_600),
        Severity.MINOR: (60, 300, 900, 3_600),
        Severity.UNKNOWN: (60, 300, 900, 3_600),
    },
    resends={**dict.fromkeys(Severity, 0), Severity.EXTREME: 1, Severity.SEVERE: 1},
    resend_after=timedelta(seconds=30),
    looks_up=True,
)
"""The same: a text has no id by which a phone could drop the second one."""

VOICE: Final = SMS
"""The same: a phone that rings twice has rung twice. Lines that are busy, or not answered, have a schedule of their own."""


def next_attempt(
    policy: Policy, *, severity: Severity, attempts: int, now: datetime, expires_at: datetime
) -> datetime:
    """When to try again after `attempts` attempts: the schedule ± 20 %, never past the expiry."""
    delays = policy.delays[severity]
    delay = delays[min(attempts, len(delays)) - 1]
    jitter = random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing
    return min(now + timedelta(seconds=delay * jitter), expires_at)


def due_at(
    claimed: ClaimedDelivery, outcome: Outcome, *, content: AlertContent, policy: Policy, now: datetime
) -> datetime | None:
    """When an attempt is made again; None where it is not, or where the ledger knows better (a hold)."""
    if outcome.of is OutcomeClass.RETRY_SAFE:
        at = next_attempt(
            policy,
            severity=content.severity,
            attempts=claimed.attempts + 1,
            now=now,
            expires_at=content.expires_at,
        )
        return min(max(at, now + (outcome.lasts or timedelta())), content.expires_at)
    if outcome.of is OutcomeClass.AMBIGUOUS:
        again = policy.looks_up or claimed.ambiguous < policy.resends[content.severity]
        return min(now + policy.resend_after, content.expires_at) if again else None
    if outcome.of is OutcomeClass.LATE and claimed.resolve and policy.looks_up:
        return min(now + policy.resend_after, content.expires_at)  # it is looked up anew: not at once
    if outcome.of in {OutcomeClass.ABSENT, OutcomeClass.OCCUPIED}:
        return min(now + (outcome.lasts or timedelta()), content.expires_at)
    if outcome.of is OutcomeClass.LATE and outcome.scope is Scope.ROUTE:
        return min(now + _NO_ROOM * random.uniform(0.5, 1.5), content.expires_at)  # noqa: S311 - spreads, guards nothing
    return None


@dataclass(frozen=True, slots=True)
class Errand:
    """What the receipts of one errand have in common."""

    alert_id: UUID
    channel: Channel
    lane: Lane


def receipt_for(
    claimed: ClaimedDelivery,
    outcome: Outcome,
    *,
    errand: Errand,
    now: datetime,
    due_at: datetime | None = None,
    looked_up: bool = False,
) -> Receipt:
    """Write down what an attempt, or the look-up of the last one, came to, and when another is made."""
    attempt = claimed.attempts if looked_up else claimed.attempts + 1
    return Receipt.of(
        claimed.id,
        alert=errand.alert_id,
        alert_version=claimed.alert_version,
        channel=errand.channel,
        fence=claimed.fence,
        kind=_KINDS[outcome.of],
        now=now,
        reason=outcome.reason,
        provider=outcome.provider,
        provider_status=outcome.provider_status,
        due_at=due_at,
        attempt=None if outcome.of in _NO_ATTEMPT or outcome.of.untried else attempt,
        lane=errand.lane,
        provider_ref=outcome.ref,
        segments=outcome.segments,
        cost=outcome.cost,
    )


def is_spent(claimed: ClaimedDelivery, *, policy: Policy, severity: Severity) -> bool:
    """Whether the policy forbids to make an ambiguous attempt once more."""
    return claimed.resolve and claimed.ambiguous > policy.resends[severity]


def receipt_for_verdict(verdict: Verdict, *, errand: Errand, now: datetime) -> Receipt:
    """Settle or defer what a claim found waiting but may not be handed over."""
    return Receipt.of(
        verdict.id,
        alert=errand.alert_id,
        alert_version=verdict.alert_version,
        channel=errand.channel,
        fence=verdict.fence,
        kind=verdict.kind,
        now=now,
        reason=verdict.reason,
        due_at=verdict.due_at,
        lane=errand.lane,
    )
