"""What follows from an outcome: retries, ambiguity, expiry."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_runtime.delivery.decide import (
    EMAIL,
    VOICE,
    Errand,
    due_at,
    is_spent,
    next_attempt,
    receipt_for,
    receipt_for_verdict,
)
from tocsin_schemas.words import Channel, Lane, Purpose, Reason, ReceiptKind, Severity, State
from tocsin_store.claim import ClaimedDelivery, Verdict
from tocsin_store.content import AlertContent

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ERRAND = Errand(UUID(int=9), Channel.EMAIL, Lane.URGENT)


def a_claim(*, attempts: int = 0, ambiguous: int = 0, resolve: bool = False) -> ClaimedDelivery:
    return ClaimedDelivery(
        UUID(int=1), 3, 1, UUID(int=2), "a@b.example", "Ada", "en", attempts, ambiguous, resolve
    )


def content(
    *, severity: Severity = Severity.SEVERE, expires_at: datetime = NOON + timedelta(hours=12)
) -> AlertContent:
    return AlertContent(
        UUID(int=5), "Fire", "f@x.example", None, Lane.URGENT, severity, Purpose.PUBLIC_TASK, expires_at, {}
    )


def due(outcome: OutcomeClass, claimed: ClaimedDelivery, of: AlertContent | None = None) -> datetime | None:
    return due_at(claimed, Outcome(outcome), content=of or content(), policy=EMAIL, now=NOON)


DELAYS = [
    (Severity.EXTREME, (2, 10, 30, 60, 120, 120, 120)),
    (Severity.SEVERE, (30, 120, 300, 900, 1_800, 1_800)),
    (Severity.MODERATE, (300, 900, 1_800, 3_600, 7_200, 7_200)),
    (Severity.MINOR, (300, 900, 1_800, 3_600, 7_200, 7_200)),
    (Severity.UNKNOWN, (300, 900, 1_800, 3_600, 7_200, 7_200)),
]


@pytest.mark.parametrize(
    ("severity", "attempts", "delay"),
    [(severity, n, delay) for severity, delays in DELAYS for n, delay in enumerate(delays, start=1)],
)
def test_the_delay_follows_severity_and_attempts_within_a_fifth(
    severity: Severity, attempts: int, delay: float
) -> None:
    for _ in range(20):
        at = next_attempt(
            EMAIL, severity=severity, attempts=attempts, now=NOON, expires_at=NOON + timedelta(days=1)
        )

        assert 0.8 * delay <= (at - NOON).total_seconds() <= 1.2 * delay


@given(
    severity=st.sampled_from(Severity),
    attempts=st.integers(1, 50),
    left=st.timedeltas(timedelta(), timedelta(hours=3)),
)
def test_nothing_is_tried_past_the_expiry(severity: Severity, attempts: int, left: timedelta) -> None:
    at = next_attempt(EMAIL, severity=severity, attempts=attempts, now=NOON, expires_at=NOON + left)

    assert at <= NOON + left


def test_a_refused_attempt_counts_towards_the_next_delay() -> None:
    at = due(OutcomeClass.RETRY_SAFE, a_claim(attempts=1))

    assert at is not None
    assert 96 <= (at - NOON).total_seconds() <= 144


@pytest.mark.parametrize(("ambiguous", "again"), [(0, NOON + timedelta(seconds=30)), (1, None), (2, None)])
def test_an_ambiguous_attempt_is_made_once_more_and_no_more(ambiguous: int, again: datetime | None) -> None:
    assert due(OutcomeClass.AMBIGUOUS, a_claim(ambiguous=ambiguous)) == again


def test_an_ambiguous_attempt_is_not_made_again_past_the_expiry() -> None:
    ends = NOON + timedelta(seconds=3)

    assert due(OutcomeClass.AMBIGUOUS, a_claim(), content(expires_at=ends)) == ends


@pytest.mark.parametrize(
    "of",
    sorted(
        set(OutcomeClass)
        - {OutcomeClass.RETRY_SAFE, OutcomeClass.AMBIGUOUS, OutcomeClass.ABSENT, OutcomeClass.OCCUPIED},
        key=str,
    ),
)
def test_nothing_else_is_tried_again_by_us(of: OutcomeClass) -> None:
    assert due(of, a_claim()) is None


@pytest.mark.parametrize(
    ("resolve", "ambiguous", "spent"),
    [(True, 1, False), (True, 2, True), (False, 2, False), (False, 0, False)],
)
def test_the_budget_of_ambiguous_attempts_is_spent_after_one_resend(
    *, resolve: bool, ambiguous: int, spent: bool
) -> None:
    assert (
        is_spent(a_claim(resolve=resolve, ambiguous=ambiguous), policy=EMAIL, severity=Severity.MINOR)
        == spent
    )


@pytest.mark.parametrize(
    ("of", "kind", "state"),
    [
        (OutcomeClass.OK, ReceiptKind.ACCEPTED, State.SENT),
        (OutcomeClass.RETRY_SAFE, ReceiptKind.REFUSED, State.PENDING),
        (OutcomeClass.AMBIGUOUS, ReceiptKind.UNKNOWN, State.UNKNOWN),
        (OutcomeClass.PERMANENT, ReceiptKind.FAILED, State.FAILED),
        (OutcomeClass.SUPPRESS, ReceiptKind.FAILED, State.FAILED),
        (OutcomeClass.DEFECT, ReceiptKind.DEFERRED, State.PENDING),
        (OutcomeClass.PAUSE, ReceiptKind.DEFERRED, State.PENDING),
        (OutcomeClass.LATE, ReceiptKind.RELEASED, State.PENDING),
        (OutcomeClass.OCCUPIED, ReceiptKind.RELEASED, State.PENDING),
        (OutcomeClass.NEEDLESS, ReceiptKind.SUPPRESSED, State.SUPPRESSED),
    ],
)
def test_every_outcome_is_one_kind_of_receipt(of: OutcomeClass, kind: ReceiptKind, state: State) -> None:
    receipt = receipt_for(
        a_claim(),
        Outcome(of, Reason.POLICY, "550 5.7.1", provider="relay"),
        errand=ERRAND,
        now=NOON,
    )

    assert (receipt.kind, receipt.state, receipt.fence) == (kind, state, 3)
    assert (receipt.reason, receipt.provider, receipt.provider_status) == (
        Reason.POLICY,
        "relay",
        "550 5.7.1",
    )


@pytest.mark.parametrize("of", list(OutcomeClass))
def test_only_what_was_tried_counts_as_an_attempt(of: OutcomeClass) -> None:
    receipt = receipt_for(a_claim(attempts=2), Outcome(of), errand=ERRAND, now=NOON)

    untried = of.untried or of in {OutcomeClass.PAUSE, OutcomeClass.DEFECT, OutcomeClass.ABSENT}
    assert receipt.attempt == (None if untried else 3)


def test_an_occupied_line_is_tried_again_when_it_should_be_free() -> None:
    occupied = Outcome(OutcomeClass.OCCUPIED, Reason.LINE_BUSY, lasts=timedelta(seconds=20))

    again = due_at(a_claim(), occupied, content=content(), policy=VOICE, now=NOON)

    assert again == NOON + timedelta(seconds=20)


def test_what_found_no_room_at_its_destination_waits_a_little() -> None:
    crowded = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE, scope=Scope.ROUTE)

    again = due_at(a_claim(), crowded, content=content(), policy=EMAIL, now=NOON)

    assert again is not None
    assert timedelta(seconds=2) < again - NOON < timedelta(seconds=8)


def test_a_verdict_becomes_a_receipt_without_a_provider() -> None:
    verdict = Verdict(UUID(int=1), 0, 1, ReceiptKind.SUPPRESSED, Reason.CONSENT_WITHDRAWN, None)

    receipt = receipt_for_verdict(verdict, errand=ERRAND, now=NOON)

    assert (receipt.kind, receipt.fence, receipt.provider) == (ReceiptKind.SUPPRESSED, 0, None)
