"""A call that is asked after means what the callback that did not come would have said."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin_runtime.delivery.channel import OutcomeClass
from tocsin_schemas.words import ReceiptKind
from tocsin_store.calls import Heard
from voice_worker.asking import report_on

SINCE = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_call(**changes: object) -> dict[str, object]:
    return {
        "status": "completed",
        "answered_by": "human",
        "end_time": "Sun, 22 Nov 2026 12:00:30 +0000",
        "duration": "34",
        **changes,
    }


def kind_of(call: dict[str, object], *, heard: Heard | None) -> ReceiptKind:
    report = report_on(call, heard=heard)
    assert report is not None
    return report.kind


def test_who_listened_for_long_enough_was_told() -> None:
    assert kind_of(a_call(), heard=Heard(SINCE, "human")) is ReceiptKind.DELIVERED


def test_a_machine_that_was_spoken_to_has_it() -> None:
    call = a_call(answered_by="machine_end_beep")

    assert kind_of(call, heard=Heard(SINCE, "machine_end_beep")) is ReceiptKind.VOICEMAIL


def test_who_pressed_a_key_is_a_person_whatever_had_answered() -> None:
    call = a_call(answered_by="machine_start")

    assert kind_of(call, heard=Heard(SINCE, "human")) is ReceiptKind.DELIVERED


@pytest.mark.parametrize(
    "call", [a_call(duration="4"), a_call(duration=None), a_call(end_time=None), a_call(end_time="garbage")]
)
def test_nobody_listened_for_longer_than_the_call_lasted(call: dict[str, object]) -> None:
    report = report_on(call, heard=Heard(SINCE, "human"))

    assert report is not None
    assert report.of is OutcomeClass.RETRY_SAFE


def test_what_was_answered_and_said_nothing_reached_nobody() -> None:
    report = report_on(a_call(), heard=None)

    assert report is not None
    assert report.of is OutcomeClass.RETRY_SAFE


@pytest.mark.parametrize("status", ["queued", "ringing", "in-progress"])
def test_a_call_that_goes_on_has_no_end(status: str) -> None:
    call = a_call(status=status, end_time=None, duration=None, answered_by=None)

    assert kind_of(call, heard=Heard(SINCE - timedelta(minutes=1), "")) is ReceiptKind.ACCEPTED


@pytest.mark.parametrize("call", [{}, a_call(status=None), a_call(status="receiving")])
def test_what_is_no_call_says_nothing(call: dict[str, object]) -> None:
    assert report_on(call, heard=None) is None
