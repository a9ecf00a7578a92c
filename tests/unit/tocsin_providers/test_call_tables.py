"""What Twilio's codes and statuses mean of a call: every one means one thing, and all is written down."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from tests.support.provider_tables import CODES, runs
from tocsin_providers.twilio import call_rest_table, rest_table
from tocsin_providers.twilio.call_statuses import is_over, report_of_call
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason, ReceiptKind

GOLDEN = Path(__file__).parent / "twilio_call_codes.json"
OK, PAUSE, SAFE, GONE = OutcomeClass.OK, OutcomeClass.PAUSE, OutcomeClass.RETRY_SAFE, OutcomeClass.SUPPRESS
NEVER, DEFECT, PERHAPS = OutcomeClass.PERMANENT, OutcomeClass.DEFECT, OutcomeClass.AMBIGUOUS
CHANNEL, SENDER, ROUTE, ALERT = Scope.CHANNEL, Scope.SENDER, Scope.ROUTE, Scope.ALERT
DELIVERED, ACCEPTED, VOICEMAIL = ReceiptKind.DELIVERED, ReceiptKind.ACCEPTED, ReceiptKind.VOICEMAIL


def golden() -> dict[str, dict[str, list[str]]]:
    return {
        "create": runs(lambda code: call_rest_table.row_for(400, code), CODES),
        "failed": runs(call_rest_table.row_for_failure, CODES),
    }


def test_the_tables_are_as_written_down() -> None:
    assert golden() == json.loads(GOLDEN.read_text())


def test_no_code_stands_in_two_rows() -> None:
    codes = [code for row in call_rest_table.TABLE for code in row.codes]

    assert len(set(codes)) == len(codes)


def test_every_row_names_its_source_and_a_pause_and_a_defect_what_they_hold() -> None:
    for row in call_rest_table.TABLE:
        assert row.source
        assert row.of not in {PAUSE, DEFECT} or row.scope
        assert row.of is not DEFECT or row.scope is ALERT
        assert row.lasts is None or row.lasts > timedelta(0)


CREATED = [
    (10001, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (10004, SAFE, Reason.THROTTLED, None),
    (13214, PAUSE, Reason.SENDER_REFUSED, SENDER),
    (13223, GONE, Reason.ADDRESS_INVALID, None),
    (13224, GONE, Reason.UNROUTABLE, None),
    (13225, NEVER, Reason.BLOCKED, None),
    (13227, PAUSE, Reason.COUNTRY_REFUSED, ROUTE),
    (20003, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (20404, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (20429, SAFE, Reason.THROTTLED, None),
    (20500, PERHAPS, Reason.PROVIDER_BUSY, None),
    (20503, PERHAPS, Reason.PROVIDER_BUSY, None),
    (21201, DEFECT, Reason.MESSAGE_DEFECT, ALERT),
    (21202, GONE, Reason.BARRED, None),
    (21205, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (21210, PAUSE, Reason.SENDER_REFUSED, SENDER),
    (21211, GONE, Reason.ADDRESS_INVALID, None),
    (21214, NEVER, Reason.UNROUTABLE, None),
    (21215, PAUSE, Reason.COUNTRY_REFUSED, ROUTE),
    (21216, GONE, Reason.BARRED, None),
    (21219, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (21401, PAUSE, Reason.SENDER_REFUSED, SENDER),
    (21730, SAFE, Reason.PROVIDER_BUSY, None),
    (21999, NEVER, Reason.UNKNOWN_CODE, None),
    (60728, PAUSE, Reason.THROTTLED, CHANNEL),
    (63017, PAUSE, Reason.THROTTLED, CHANNEL),
    (63038, PAUSE, Reason.THROTTLED, CHANNEL),
    (573002, PAUSE, Reason.CONFIGURATION, CHANNEL),
]


@pytest.mark.parametrize(("code", "of", "reason", "scope"), CREATED)
def test_a_refusal_of_a_new_call_means_what_its_source_says(
    code: int, of: OutcomeClass, reason: Reason, scope: Scope | None
) -> None:
    row = call_rest_table.row_for(400, code)

    assert (row.of, row.reason, row.scope) == (of, reason, scope)


def test_every_row_of_a_new_call_has_an_example() -> None:
    assert set(call_rest_table.TABLE) <= {call_rest_table.row_for(400, code) for code, *_ in CREATED}


@pytest.mark.parametrize("status", [401, 408, 429, 500, 503])
def test_where_no_code_says_more_a_status_means_what_it_means_to_a_text(status: int) -> None:
    assert call_rest_table.row_for(status, None) is rest_table.row_for(status, None)


def test_a_code_of_texts_alone_means_nothing_to_a_call() -> None:
    assert call_rest_table.row_for(400, 21610) is rest_table.UNKNOWN_REFUSAL


@pytest.mark.parametrize(
    ("code", "of", "reason", "scope"),
    [
        ("13224", GONE, Reason.UNROUTABLE, None),
        ("21215", PAUSE, Reason.COUNTRY_REFUSED, ROUTE),
        ("21201", NEVER, Reason.MESSAGE_DEFECT, ALERT),
        ("20500", SAFE, Reason.PROVIDER_BUSY, None),
        ("31000", SAFE, Reason.UNKNOWN_CODE, None),
        (None, SAFE, Reason.CARRIER_FAULT, None),
        ("none", SAFE, Reason.CARRIER_FAULT, None),
    ],
)
def test_a_call_that_failed_reached_nobody(
    code: str | None, of: OutcomeClass, reason: Reason, scope: Scope | None
) -> None:
    report = report_of_call("failed", answered_by=None, heard_s=None, code=code)

    assert report is not None
    assert (report.of, report.reason, report.scope, report.kind) == (of, reason, scope, ReceiptKind.FAILED)


@pytest.mark.parametrize(
    ("answered_by", "heard_s", "of", "kind"),
    [
        ("human", 10.0, OK, DELIVERED),
        ("human", 9.9, OK, ACCEPTED),
        ("human", 4.9, SAFE, ACCEPTED),
        ("human", None, SAFE, ACCEPTED),
        ("unknown", 60.0, OK, ACCEPTED),
        (None, 60.0, OK, ACCEPTED),
        (None, None, SAFE, ACCEPTED),
        ("machine_end_beep", 20.0, OK, VOICEMAIL),
        ("machine_end_silence", 5.0, OK, VOICEMAIL),
        ("machine_end_other", 4.9, SAFE, ACCEPTED),
        ("machine_end_beep", None, SAFE, ACCEPTED),
        ("machine_start", None, SAFE, ACCEPTED),
        ("fax", None, SAFE, ACCEPTED),
        ("<Say>", 60.0, OK, ACCEPTED),
    ],
)
def test_a_call_that_was_answered_is_what_was_heard_of_it(
    answered_by: str | None, heard_s: float | None, of: OutcomeClass, kind: ReceiptKind
) -> None:
    report = report_of_call("completed", answered_by=answered_by, heard_s=heard_s, code=None)

    assert report is not None
    assert (report.of, report.kind, report.final) == (of, kind, True)
    assert "<" not in report.status


@pytest.mark.parametrize(
    ("status", "retries", "most", "reason"),
    [
        ("busy", (180.0, 600.0), 3, Reason.LINE_BUSY),
        ("no-answer", (180.0, 600.0), 3, Reason.NO_ANSWER),
        ("completed", (180.0,), 2, Reason.NO_ANSWER),
        ("failed", (180.0,), 2, Reason.CARRIER_FAULT),
    ],
)
def test_who_was_not_reached_is_called_again(
    status: str, retries: tuple[float, ...], most: int, reason: Reason
) -> None:
    report = report_of_call(status, answered_by=None, heard_s=None, code=None)

    assert report is not None
    assert (report.of, report.retries, report.most, report.reason) == (SAFE, retries, most, reason)


@pytest.mark.parametrize(
    ("status", "kind", "final"),
    [
        ("queued", ACCEPTED, False),
        ("initiated", ACCEPTED, False),
        ("ringing", ACCEPTED, False),
        ("in-progress", ACCEPTED, False),
        ("completed", ACCEPTED, True),
        ("busy", ReceiptKind.FAILED, True),
        ("no-answer", ReceiptKind.FAILED, True),
        ("failed", ReceiptKind.FAILED, True),
        ("canceled", ReceiptKind.FAILED, True),
    ],
)
def test_every_status_has_its_place_in_the_timeline(status: str, kind: ReceiptKind, final: bool) -> None:  # noqa: FBT001 - a table's column
    report = report_of_call(status, answered_by=None, heard_s=None, code=None)

    assert report is not None
    assert (report.kind, report.final) == (kind, final)
    assert report.status.startswith(status)


@given(
    status=st.sampled_from(["completed", "failed"]),
    answered_by=st.none() | st.text(max_size=20),
    heard_s=st.none() | st.floats(allow_nan=False),
    code=st.none() | st.text(max_size=8),
)
def test_nothing_that_is_told_of_an_end_is_not_understood(
    status: str, answered_by: str | None, heard_s: float | None, code: str | None
) -> None:
    report = report_of_call(status, answered_by=answered_by, heard_s=heard_s, code=code)

    assert report is not None
    assert report.of not in {PERHAPS, DEFECT}
    assert report.of is not PAUSE or report.scope


@pytest.mark.parametrize("status", ["", "Completed", "answered", "delivered", "undelivered"])
def test_what_is_no_status_of_a_call_is_none(status: str) -> None:
    assert report_of_call(status, answered_by="human", heard_s=60.0, code=None) is None


def test_a_code_no_row_names_is_counted() -> None:
    labels = {"channel": "voice", "phase": "delivery", "code": "31999"}
    before = REGISTRY.get_sample_value("tocsin_unknown_provider_code_total", labels) or 0

    report_of_call("failed", answered_by=None, heard_s=None, code="31999")

    assert REGISTRY.get_sample_value("tocsin_unknown_provider_code_total", labels) == before + 1


@pytest.mark.parametrize(
    ("status", "over"),
    [
        *((status, False) for status in ("queued", "initiated", "ringing", "in-progress", "", "new")),
        *((status, True) for status in ("completed", "busy", "no-answer", "failed", "canceled")),
    ],
)
def test_a_call_of_which_it_is_not_known_that_it_is_over_goes_on(status: str, *, over: bool) -> None:
    assert is_over(status) is over
