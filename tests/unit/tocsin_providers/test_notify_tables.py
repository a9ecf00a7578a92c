"""What Notify's answers and statuses mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_providers.notify.rest_table import TABLE, row_for
from tocsin_providers.notify.statuses import report_of
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason, ReceiptKind

PAUSE, SAFE, GONE = OutcomeClass.PAUSE, OutcomeClass.RETRY_SAFE, OutcomeClass.SUPPRESS
NEVER, DEFECT, PERHAPS = OutcomeClass.PERMANENT, OutcomeClass.DEFECT, OutcomeClass.AMBIGUOUS
CHANNEL, SENDER, ROUTE, ALERT = Scope.CHANNEL, Scope.SENDER, Scope.ROUTE, Scope.ALERT
BAD, VALID = "BadRequestError", "ValidationError"

ANSWERS = [
    (
        400,
        BAD,
        "Can't send to this recipient using a team-only API key",
        PAUSE,
        Reason.CONFIGURATION,
        CHANNEL,
    ),
    (
        400,
        BAD,
        "Can't send to this recipient when service is in trial mode",
        PAUSE,
        Reason.CONFIGURATION,
        CHANNEL,
    ),
    (400, BAD, "Cannot send to international mobile numbers", PAUSE, Reason.COUNTRY_REFUSED, ROUTE),
    (
        400,
        BAD,
        "Text messages cannot be longer: character count of 1000",
        DEFECT,
        Reason.MESSAGE_TOO_BIG,
        ALERT,
    ),
    (400, BAD, "sms_sender_id x does not exist in database", PAUSE, Reason.SENDER_REFUSED, SENDER),
    (400, VALID, "phone_number Not enough digits", GONE, Reason.ADDRESS_INVALID, None),
    (400, BAD, "Template not found", PAUSE, Reason.CONFIGURATION, CHANNEL),
    (400, VALID, "personalisation x is not of type object", DEFECT, Reason.MESSAGE_DEFECT, ALERT),
    (403, "AuthError", "Invalid token: API key not found", PAUSE, Reason.CONFIGURATION, CHANNEL),
    (408, "", "", SAFE, Reason.CONNECTION_LOST, None),
    (429, "TooManyRequestsError", "Exceeded send limits (50) for today", PAUSE, Reason.THROTTLED, CHANNEL),
    (429, "RateLimitError", "Exceeded rate limit for key type LIVE", SAFE, Reason.THROTTLED, None),
    (500, "Exception", "Internal server error", PERHAPS, Reason.PROVIDER_BUSY, None),
    (418, "", "", NEVER, Reason.UNKNOWN_CODE, None),
]


@pytest.mark.parametrize(("status", "error", "words", "of", "reason", "scope"), ANSWERS)
def test_a_refusal_means_what_its_source_says(
    status: int, error: str, words: str, of: OutcomeClass, reason: Reason, scope: Scope | None
) -> None:
    row = row_for(status, error=error, words=words)

    assert (row.of, row.reason, row.scope) == (of, reason, scope)


def test_every_row_has_an_example() -> None:
    reached = {row_for(status, error=error, words=words) for status, error, words, *_ in ANSWERS}

    assert [row for row in TABLE if row not in reached] == []


@given(status=st.integers(300, 599), error=st.text(max_size=20), words=st.text(max_size=80))
def test_every_answer_has_one_meaning(status: int, error: str, words: str) -> None:
    row = row_for(status, error=error, words=words)

    assert row.of is not OutcomeClass.OK
    assert row.of not in {PAUSE, DEFECT} or row.scope
    assert (row.of is PERHAPS) == (status >= 500)


@pytest.mark.parametrize(
    ("status", "of", "kind", "final"),
    [
        ("created", OutcomeClass.OK, ReceiptKind.ACCEPTED, False),
        ("sending", OutcomeClass.OK, ReceiptKind.ACCEPTED, False),
        ("pending", OutcomeClass.OK, ReceiptKind.ACCEPTED, False),
        ("sent", OutcomeClass.OK, ReceiptKind.ACCEPTED, False),
        ("delivered", OutcomeClass.OK, ReceiptKind.DELIVERED, True),
        ("permanent-failure", NEVER, ReceiptKind.FAILED, True),
        ("temporary-failure", SAFE, ReceiptKind.FAILED, True),
        ("technical-failure", SAFE, ReceiptKind.FAILED, True),
    ],
)
def test_every_status_has_its_place_in_the_timeline(
    status: str,
    of: OutcomeClass,
    kind: ReceiptKind,
    final: bool,  # noqa: FBT001 - a table's column
) -> None:
    report = report_of(status)

    assert report is not None
    assert (report.status, report.of, report.kind, report.final) == (status, of, kind, final)


@pytest.mark.parametrize("status", ["", "cancelled", "Delivered", "virus-scan-failed"])
def test_what_is_no_status_of_a_text_is_none(status: str) -> None:
    assert report_of(status) is None
