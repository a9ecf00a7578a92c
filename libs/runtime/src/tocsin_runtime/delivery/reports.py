"""What follows from a report that comes after the hand-over: a callback, or the answer to a poll (providers 2 and 3)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_runtime.delivery.decide import Policy
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind, Severity


class Report(Protocol):
    """One status of a message, and what it means."""

    @property
    def status(self) -> str:
        """As the provider has it, with its code."""

    @property
    def of(self) -> OutcomeClass:
        """What it says of the attempt."""

    @property
    def kind(self) -> ReceiptKind:
        """What it is called in the timeline where nothing follows from it."""

    @property
    def reason(self) -> Reason | None:
        """Why."""

    @property
    def scope(self) -> Scope | None:
        """What is at fault, where it is more than this delivery; whoever was told holds it."""

    @property
    def lasts(self) -> timedelta | None:
        """How long a pause is believed."""

    @property
    def final(self) -> bool:
        """Whether no further report is expected."""

    @property
    def retries(self) -> Sequence[float] | None:
        """Seconds until another attempt, by attempts made, where the cause has a schedule of its own."""

    @property
    def most(self) -> int | None:
        """Attempts in all that this cause allows."""


@dataclass(frozen=True, slots=True)
class Reported:
    """The delivery that a report speaks of, and what it needs to be judged."""

    delivery_id: UUID
    alert_id: UUID
    alert_version: int
    channel: Channel
    lane: Lane
    severity: Severity
    expires_at: datetime
    fence: int
    attempts: int
    """Made so far, as the ledger has it; 0 where the accept is not merged yet."""
    provider: str
    ref: str
    """The provider's own id of the message."""


def report_receipt(report: Report, *, of: Reported, policy: Policy, at: datetime) -> Receipt:
    """Write down what was reported, and when another attempt is made.

    The same report makes the same receipt, however often and by whomever it is told.

    Args:
        report: What the provider says.
        of: Which delivery.
        policy: The channel's.
        at: When it was told first, by the ledger's clock.
    """
    due_at = _due_at(report, of=of, policy=policy, at=at)
    return Receipt.of(
        of.delivery_id,
        alert=of.alert_id,
        alert_version=of.alert_version,
        channel=of.channel,
        fence=of.fence,
        kind=report.kind if due_at is None else ReceiptKind.FAILED,
        now=at,
        reason=report.reason,
        provider=of.provider,
        provider_status=report.status,
        due_at=due_at,
        lane=of.lane,
        provider_ref=of.ref,
    )


def _due_at(report: Report, *, of: Reported, policy: Policy, at: datetime) -> datetime | None:
    """When it is tried again; None where it is not: a message that would come after the expiry is not sent."""
    made = max(of.attempts, 1)
    match report.of:
        case OutcomeClass.RETRY_SAFE if report.most is None or made < report.most:
            delays = report.retries or policy.delays[of.severity]
            wait = timedelta(seconds=delays[min(made, len(delays)) - 1] * _jitter(report, of))
        case OutcomeClass.PAUSE:
            wait = report.lasts or policy.resend_after
        case OutcomeClass.AMBIGUOUS if made <= policy.resends[of.severity]:
            wait = policy.resend_after
        case _:
            return None
    again = at + max(wait, report.lasts or timedelta())
    return again if again < of.expires_at else None


def _jitter(report: Report, of: Reported) -> float:
    """± 20 %, the same for the same report."""
    return random.Random(f"{of.delivery_id}|{of.fence}|{report.status}").uniform(0.8, 1.2)  # noqa: S311 - spreads, guards nothing
