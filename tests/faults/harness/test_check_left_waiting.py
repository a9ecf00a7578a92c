from dataclasses import replace

import pytest

from tests.faults.harness.histories import (
    POSTED,
    Row,
    altered,
    answer,
    broken,
    fault,
    history,
    rows,
    the_alert,
)
from tests.faults.history import Injected
from tocsin_schemas.words import ReceiptKind


def with_third(third: Row, *faults: Injected) -> set[str]:
    return broken(replace(history([*rows()[:2], third]), faults=faults))


def sent_after(seconds: float) -> Row:
    return Row.born(3, at=POSTED).sent(POSTED + seconds)


def test_a_row_is_claimed_within_twenty_seconds_of_its_birth() -> None:
    assert with_third(sent_after(21)) == {"I1 left waiting"}
    assert with_third(sent_after(19)) == set()


def test_a_row_may_wait_until_it_is_due() -> None:
    refused = Row.born(3).claimed(POSTED + 1).refused(POSTED + 2, due_at=POSTED + 100)

    assert with_third(refused.sent(POSTED + 119)) == set()
    assert with_third(refused.sent(POSTED + 121)) == {"I1 left waiting"}


def test_a_row_that_waits_for_ever_is_found() -> None:
    refused = Row.born(3).claimed(POSTED + 1).refused(POSTED + 2, due_at=POSTED + 100)

    assert with_third(refused) == {"I1 left waiting", "I1 not settled"}


def test_a_fault_and_twenty_seconds_after_it_do_not_count() -> None:
    down = fault(began=POSTED + 5, ended=POSTED + 50)

    assert with_third(sent_after(89), down) == set()
    assert with_third(sent_after(91), down) == {"I1 left waiting"}


def test_a_fault_that_disturbs_nobody_excuses_nothing() -> None:
    harmless = replace(fault(began=POSTED, ended=POSTED + 30), disturbs=False)

    assert with_third(sent_after(31), harmless) == {"I1 left waiting"}


def test_what_goes_to_a_broken_destination_may_wait() -> None:
    assert (
        with_third(sent_after(50), fault(began=POSTED, ended=POSTED + 40, domain="elsewhere.example"))
        == set()
    )


def test_a_fault_of_one_destination_disturbs_it_although_it_disturbs_no_other() -> None:
    slow = fault(began=POSTED, ended=POSTED + 40, domain="elsewhere.example")

    assert with_third(sent_after(50), replace(slow, disturbs=False)) == set()


def test_a_log_that_lost_its_records_gets_them_again_within_a_minute() -> None:
    lost = replace(fault(began=POSTED + 1, ended=POSTED + 2), loses="deliveries.email.urgent")

    assert with_third(sent_after(100), lost) == set()
    assert with_third(sent_after(103), lost) == {"I1 left waiting"}
    assert with_third(sent_after(100), replace(lost, loses="alerts")) == {"I1 left waiting"}


def test_a_broken_destination_holds_up_no_other() -> None:
    dead = fault(began=POSTED, ended=POSTED + 40, domain="broken.example")

    assert with_third(sent_after(50), dead) == {"I10 left waiting"}


@pytest.mark.parametrize(("seconds", "finds"), [(150, set()), (190, {"I1 left waiting"})])
def test_a_hold_that_a_fault_left_behind_lasts_a_minute_and_as_long_again(
    seconds: float, finds: set[str]
) -> None:
    dead = fault(began=POSTED, ended=POSTED + 40, domain="elsewhere.example")
    held = Row.born(3).claimed(POSTED + 1).told(POSTED + 2, ReceiptKind.DEFERRED, reason="domain_unreachable")

    assert with_third(held.moved(POSTED + 2, work="waiting").sent(POSTED + seconds), dead) == finds


def test_a_correction_ends_the_wait_although_its_answer_was_lost() -> None:
    closed = Row.born(3).ended(POSTED + 40, ReceiptKind.CANCELLED)
    again = [Row.born(number, version=2, at=POSTED + 16).sent(POSTED + 17) for number in (1, 2)]
    run = history([*rows()[:2], closed, *again])

    found = broken(altered(run, alert=replace(the_alert(run), frozen_at=POSTED + 15), reached=[2]))

    assert found == set()


def test_what_waits_when_its_alert_ends_is_not_left_waiting() -> None:
    closed = Row.born(3).ended(POSTED + 40, ReceiptKind.CANCELLED)
    run = history([*rows()[:2], closed], answers=[answer("cancel", at=POSTED + 15)])

    assert broken(altered(run, alert=replace(the_alert(run), state="cancelled"))) == set()
