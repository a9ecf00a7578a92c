"""What follows from reports that come after the hand-over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_runtime.delivery.decide import SMS
from tocsin_runtime.delivery.reports import Reported, report_receipt
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind, Severity, State

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OFF = (300.0, 1_200.0, 3_600.0)


@dataclass(frozen=True)
class A:
    """A report."""

    of: OutcomeClass
    kind: ReceiptKind = ReceiptKind.FAILED
    status: str = "undelivered 30003"
    reason: Reason | None = Reason.HANDSET_UNREACHABLE
    scope: Scope | None = None
    lasts: timedelta | None = None
    retries: Sequence[float] | None = None
    most: int | None = None
    final: bool = True


def judged(
    report: A, *, attempts: int = 1, severity: Severity = Severity.MINOR, left: timedelta = timedelta(hours=6)
) -> Receipt:
    of = Reported(
        UUID(int=1),
        UUID(int=9),
        1,
        Channel.SMS,
        Lane.ROUTINE,
        severity,
        NOON + left,
        2,
        attempts,
        "twilio",
        "SM1",
    )
    return report_receipt(report, of=of, policy=SMS, at=NOON)


def test_what_arrived_is_delivered_and_what_is_under_way_only_joins_the_timeline() -> None:
    arrived = judged(A(OutcomeClass.OK, ReceiptKind.DELIVERED, "delivered", None))
    under_way = judged(A(OutcomeClass.OK, ReceiptKind.ACCEPTED, "sending", None))

    assert (arrived.state, arrived.fence, arrived.provider_ref) == (State.DELIVERED, 2, "SM1")
    assert (under_way.kind, under_way.state) == (ReceiptKind.ACCEPTED, State.SENT)


@pytest.mark.parametrize(("attempts", "wait"), [(0, 300), (1, 300), (2, 1_200), (3, 3_600), (9, 3_600)])
def test_a_handset_that_is_off_is_tried_by_the_schedule_of_its_cause(attempts: int, wait: float) -> None:
    receipt = judged(A(OutcomeClass.RETRY_SAFE, retries=OFF), attempts=attempts)

    assert (receipt.kind, receipt.state) == (ReceiptKind.FAILED, State.SENT)
    assert receipt.due_at is not None
    assert 0.8 * wait <= (receipt.due_at - NOON).total_seconds() <= 1.2 * wait


def test_the_same_report_is_the_same_fact() -> None:
    report = A(OutcomeClass.RETRY_SAFE, retries=OFF)

    assert judged(report) == judged(report)


@pytest.mark.parametrize(
    ("report", "attempts", "left"),
    [
        (A(OutcomeClass.RETRY_SAFE, retries=OFF), 1, timedelta(minutes=3)),
        (A(OutcomeClass.RETRY_SAFE, most=2), 2, timedelta(hours=6)),
        (A(OutcomeClass.PERMANENT), 1, timedelta(hours=6)),
        (A(OutcomeClass.SUPPRESS), 1, timedelta(hours=6)),
        (A(OutcomeClass.DEFECT), 1, timedelta(hours=6)),
        (A(OutcomeClass.PAUSE, lasts=timedelta(hours=1)), 1, timedelta(minutes=30)),
    ],
)
def test_what_cannot_be_tried_again_in_time_has_failed(report: A, attempts: int, left: timedelta) -> None:
    receipt = judged(report, attempts=attempts, left=left)

    assert (receipt.kind, receipt.state, receipt.due_at) == (ReceiptKind.FAILED, State.FAILED, None)


def test_a_pause_waits_as_long_as_it_is_believed() -> None:
    receipt = judged(A(OutcomeClass.PAUSE, scope=Scope.ROUTE, lasts=timedelta(minutes=30)))

    assert receipt.due_at == NOON + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("severity", "attempts", "kind"),
    [
        (Severity.EXTREME, 1, ReceiptKind.FAILED),
        (Severity.SEVERE, 2, ReceiptKind.UNKNOWN),
        (Severity.MINOR, 1, ReceiptKind.UNKNOWN),
    ],
)
def test_what_nobody_knows_is_sent_again_only_where_a_second_text_does_less_harm(
    severity: Severity, attempts: int, kind: ReceiptKind
) -> None:
    receipt = judged(A(OutcomeClass.AMBIGUOUS, ReceiptKind.UNKNOWN), severity=severity, attempts=attempts)

    assert (receipt.kind, receipt.due_at is not None) == (kind, kind is ReceiptKind.FAILED)
