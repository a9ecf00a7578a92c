"""Why a delivery failed: every status has one reason, and the table is written down."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from mail_door.failure_reasons import TABLE, failure_reason, row_for
from tocsin_schemas.words import Reason

STATUS = st.builds("{}.{}.{}".format, st.sampled_from("245"), st.integers(0, 999), st.integers(0, 999))
CODE = st.none() | st.integers(200, 599).map(str)


@given(STATUS, CODE)
def test_every_status_has_exactly_one_reason(status: str, code: str | None) -> None:
    assert failure_reason(status, code=code) in Reason


@given(STATUS, CODE)
def test_a_reason_is_a_rows_or_it_is_unknown(status: str, code: str | None) -> None:
    row = row_for(status, code=code)

    assert failure_reason(status, code=code) is (row.reason if row else Reason.UNKNOWN_CODE)
    assert row is None or re.fullmatch(row.status, status)


def test_every_row_has_a_source() -> None:
    assert all(row.source for row in TABLE)


def test_no_row_is_hidden_behind_those_before_it() -> None:
    statuses = [f"{c}.{s}.{d}" for c in "245" for s in range(9) for d in range(32)]
    used = {row_for(status, code=code) for status in statuses for code in (None, "550", "556")}

    assert used >= set(TABLE)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        ("5.1.1", None, Reason.ADDRESS_UNKNOWN),
        ("5.1.3", None, Reason.ADDRESS_UNKNOWN),
        ("5.1.6", None, Reason.ADDRESS_UNKNOWN),
        ("5.1.2", None, Reason.DOMAIN_UNREACHABLE),
        ("5.4.4", None, Reason.DOMAIN_UNREACHABLE),
        ("5.1.10", None, Reason.DOMAIN_REFUSES_MAIL),
        ("5.1.10", "556", Reason.DOMAIN_REFUSES_MAIL),
        ("5.1.10", "550", Reason.ADDRESS_UNKNOWN),
        ("5.1.8", None, Reason.SENDER_REFUSED),
        ("5.1.0", None, Reason.MAILBOX_UNAVAILABLE),
        ("5.2.1", None, Reason.MAILBOX_DISABLED),
        ("5.2.2", None, Reason.MAILBOX_FULL),
        ("4.2.2", None, Reason.MAILBOX_FULL),
        ("5.3.4", None, Reason.MESSAGE_TOO_BIG),
        ("5.4.1", "550", Reason.MAILBOX_UNAVAILABLE),
        ("5.4.1", None, Reason.DOMAIN_UNREACHABLE),
        ("5.6.7", None, Reason.ADDRESS_INVALID),
        ("5.6.0", None, Reason.SPAM),
        ("5.7.17", None, Reason.OWNER_CHANGED),
        ("5.7.18", None, Reason.OWNER_CHANGED),
        ("5.7.26", None, Reason.CONFIGURATION),
        ("5.7.1", None, Reason.POLICY),
        ("5.7.0", None, Reason.POLICY),
        ("5.0.0", None, Reason.MAILBOX_UNAVAILABLE),
        ("4.4.7", None, Reason.DOMAIN_UNREACHABLE),
        ("4.7.1", None, Reason.PROVIDER_BUSY),
        ("4.0.0", None, Reason.PROVIDER_BUSY),
    ],
)
def test_what_a_status_means(status: str, code: str | None, reason: Reason) -> None:
    assert failure_reason(status, code=code) is reason


def counted(code: str) -> float:
    labels = {"channel": "email", "phase": "bounce", "code": code}
    return REGISTRY.get_sample_value("tocsin_unknown_provider_code_total", labels) or 0


def test_an_unknown_status_is_counted_under_its_subject() -> None:
    before = counted("5.8")

    assert failure_reason("5.8.123", code=None) is Reason.UNKNOWN_CODE
    assert counted("5.8") == before + 1


def test_subjects_nobody_defined_are_one_label() -> None:
    before = counted("other")

    assert failure_reason("5.777.1", code=None) is Reason.UNKNOWN_CODE
    assert counted("other") == before + 1
