"""What Twilio's codes mean: every code means one thing when a text is made and one after, and all is written down."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from tests.support.provider_tables import CODES, runs
from tocsin_providers.report import Report
from tocsin_providers.row import Row
from tocsin_providers.twilio import delivery_table, rest_table
from tocsin_providers.twilio.statuses import report_of
from tocsin_runtime.delivery.channel import OutcomeClass, Scope
from tocsin_schemas.words import Reason, ReceiptKind

GOLDEN = Path(__file__).parent / "twilio_codes.json"
LONGER_CODES = (572005, 573005)
PAUSE, SAFE, GONE = OutcomeClass.PAUSE, OutcomeClass.RETRY_SAFE, OutcomeClass.SUPPRESS
NEVER, DEFECT, PERHAPS = OutcomeClass.PERMANENT, OutcomeClass.DEFECT, OutcomeClass.AMBIGUOUS
CHANNEL, SENDER, ROUTE, ALERT = Scope.CHANNEL, Scope.SENDER, Scope.ROUTE, Scope.ALERT


def golden() -> dict[str, dict[str, list[str]]]:
    return {
        "status": runs(lambda status: rest_table.row_for(status, None), range(300, 600)),
        "create": runs(lambda code: rest_table.row_for(400, code), CODES),
        "delivery": runs(delivery_table.row_for, CODES),
    }


def test_the_tables_are_as_written_down() -> None:
    assert golden() == json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("table", [rest_table.TABLE, rest_table.STATUSES, delivery_table.TABLE])
def test_no_code_stands_in_two_rows(table: tuple[Row, ...]) -> None:
    codes = [code for row in table for code in row.codes]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("table", [rest_table.TABLE, rest_table.STATUSES, delivery_table.TABLE])
def test_every_row_names_its_source_and_a_pause_and_a_defect_what_they_hold(table: tuple[Row, ...]) -> None:
    for row in table:
        assert row.source
        assert row.of not in {PAUSE, DEFECT} or row.scope
        assert row.of is not DEFECT or row.scope is ALERT
        assert row.lasts is None or row.lasts > timedelta(0)


CREATED = [
    (20003, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (20404, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (21608, PAUSE, Reason.CONFIGURATION, CHANNEL),
    (63017, PAUSE, Reason.THROTTLED, CHANNEL),
    (60728, PAUSE, Reason.THROTTLED, CHANNEL),
    (63038, PAUSE, Reason.THROTTLED, CHANNEL),
    (20429, SAFE, Reason.THROTTLED, None),
    (20500, PERHAPS, Reason.PROVIDER_BUSY, None),
    (20503, PERHAPS, Reason.PROVIDER_BUSY, None),
    (21730, SAFE, Reason.PROVIDER_BUSY, None),
    (21401, PAUSE, Reason.SENDER_REFUSED, SENDER),
    (21606, PAUSE, Reason.SENDER_REFUSED, SENDER),
    (21703, PAUSE, Reason.SENDER_REFUSED, SENDER),
    (21611, PAUSE, Reason.THROTTLED, SENDER),
    (21408, PAUSE, Reason.COUNTRY_REFUSED, ROUTE),
    (21602, DEFECT, Reason.MESSAGE_DEFECT, ALERT),
    (21617, DEFECT, Reason.MESSAGE_TOO_BIG, ALERT),
    (21265, GONE, Reason.BARRED, None),
    (21211, GONE, Reason.ADDRESS_INVALID, None),
    (21266, GONE, Reason.ADDRESS_INVALID, None),
    (21610, GONE, Reason.OPTED_OUT, None),
    (21612, NEVER, Reason.UNROUTABLE, None),
    (21614, GONE, Reason.NOT_MOBILE, None),
    (21999, NEVER, Reason.UNKNOWN_CODE, None),
]


@pytest.mark.parametrize(("code", "of", "reason", "scope"), CREATED)
def test_a_refusal_of_a_new_text_means_what_its_source_says(
    code: int, of: OutcomeClass, reason: Reason, scope: Scope | None
) -> None:
    row = rest_table.row_for(400, code)

    assert (row.of, row.reason, row.scope) == (of, reason, scope)


def test_every_row_of_a_new_text_has_an_example() -> None:
    assert set(rest_table.TABLE) <= {rest_table.row_for(400, code) for code, *_ in CREATED}


@pytest.mark.parametrize(
    ("status", "code", "of"),
    [
        (302, None, PAUSE),
        (400, None, NEVER),
        (401, None, PAUSE),
        (403, 21408, PAUSE),
        (404, None, PAUSE),
        (405, None, DEFECT),
        (408, None, SAFE),
        (429, None, SAFE),
        (429, 63038, PAUSE),
        (500, None, PERHAPS),
        (502, None, PERHAPS),
        (503, None, PERHAPS),
        (504, 21211, PERHAPS),
    ],
)
def test_where_no_code_says_more_the_status_does(status: int, code: int | None, of: OutcomeClass) -> None:
    assert rest_table.row_for(status, code).of is of


REPORTED = [
    ("30001", SAFE, Reason.THROTTLED, None),
    ("30002", PAUSE, Reason.CONFIGURATION, CHANNEL),
    ("30003", SAFE, Reason.HANDSET_UNREACHABLE, None),
    ("30004", NEVER, Reason.BLOCKED, None),
    ("30005", NEVER, Reason.ADDRESS_UNKNOWN, None),
    ("30006", GONE, Reason.NOT_MOBILE, None),
    ("30007", NEVER, Reason.SPAM, ALERT),
    ("30008", SAFE, Reason.CARRIER_FAULT, None),
    ("30010", NEVER, Reason.PRICE_LIMIT, None),
    ("30017", SAFE, Reason.CARRIER_FAULT, None),
    ("30018", PAUSE, Reason.SENDER_REFUSED, SENDER),
    ("30019", NEVER, Reason.MESSAGE_TOO_BIG, ALERT),
    ("30022", PAUSE, Reason.THROTTLED, SENDER),
    ("30027", PAUSE, Reason.THROTTLED, SENDER),
    ("30036", NEVER, Reason.EXPIRED, None),
    ("30410", PERHAPS, Reason.CARRIER_FAULT, None),
    ("30450", PAUSE, Reason.FRAUD_SUSPECTED, ROUTE),
    ("30454", PAUSE, Reason.FRAUD_SUSPECTED, CHANNEL),
    ("30500", PERHAPS, Reason.PROVIDER_BUSY, None),
    ("30999", SAFE, Reason.UNKNOWN_CODE, None),
    ("21610", GONE, Reason.OPTED_OUT, None),
    ("21617", NEVER, Reason.MESSAGE_TOO_BIG, ALERT),
    ("21999", NEVER, Reason.UNKNOWN_CODE, None),
]


@pytest.mark.parametrize(("code", "of", "reason", "scope"), REPORTED)
def test_a_failure_means_what_its_source_says(
    code: str, of: OutcomeClass, reason: Reason, scope: Scope | None
) -> None:
    report = report_of("undelivered", code)

    assert report is not None
    assert (report.of, report.reason, report.scope) == (of, reason, scope)
    assert report.status == f"undelivered {code}"
    assert report.final


def test_every_row_of_a_delivery_has_an_example() -> None:
    assert set(delivery_table.TABLE) <= {delivery_table.row_for(int(code)) for code, *_ in REPORTED}


@pytest.mark.parametrize(
    ("status", "kind", "final"),
    [
        ("accepted", ReceiptKind.ACCEPTED, False),
        ("scheduled", ReceiptKind.ACCEPTED, False),
        ("queued", ReceiptKind.ACCEPTED, False),
        ("sending", ReceiptKind.ACCEPTED, False),
        ("sent", ReceiptKind.ACCEPTED, False),
        ("partially_delivered", ReceiptKind.ACCEPTED, False),
        ("delivered", ReceiptKind.DELIVERED, True),
        ("read", ReceiptKind.DELIVERED, True),
        ("undelivered", ReceiptKind.FAILED, True),
        ("failed", ReceiptKind.UNKNOWN, True),
        ("canceled", ReceiptKind.FAILED, True),
    ],
)
def test_every_status_has_its_place_in_the_timeline(status: str, kind: ReceiptKind, final: bool) -> None:  # noqa: FBT001 - a table's column
    report = report_of(status)

    assert report is not None
    assert (report.status, report.kind, report.final) == (status, kind, final)


@pytest.mark.parametrize("status", ["receiving", "received", "", "Delivered", "gone"])
def test_what_is_no_status_of_ours_is_none(status: str) -> None:
    assert report_of(status) is None


@pytest.mark.parametrize("code", [None, "", "0", "none", "3000312345", "٣٠٠٠٣"])
def test_a_failure_without_a_number_is_one_without_a_code(code: str | None) -> None:
    assert report_of("failed", code) == Report("failed", PERHAPS, Reason.UNKNOWN_CODE)


def test_a_code_no_row_names_is_counted() -> None:
    labels = {"channel": "sms", "phase": "delivery", "code": "30998"}
    before = REGISTRY.get_sample_value("tocsin_unknown_provider_code_total", labels) or 0

    report_of("undelivered", "30998")

    assert REGISTRY.get_sample_value("tocsin_unknown_provider_code_total", labels) == before + 1
