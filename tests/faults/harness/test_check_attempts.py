from dataclasses import replace

from tests.faults.harness.histories import POSTED, Row, broken, history, rows
from tests.faults.history import Injected
from tocsin_schemas.words import ReceiptKind, State


def with_third(third: Row, *faults: Injected) -> set[str]:
    return broken(replace(history([*rows()[:2], third]), faults=faults))


def resent(row: Row, at: float) -> Row:
    """Accepted, but nobody knows; and claimed again."""
    row = row.claimed(at).accepted(at + 0.3).unknown(at + 1, due_at=at + 31)
    return row.sent(at + 32)


def test_an_ambiguous_attempt_may_arrive_twice() -> None:
    assert with_third(resent(Row.born(3), POSTED + 1)) == set()


def test_an_attempt_that_was_not_ambiguous_arrives_once() -> None:
    refused = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).refused(POSTED + 2, due_at=POSTED + 5)

    assert with_third(refused.sent(POSTED + 6)) == {"I2 accepted too often", "I2 refused although accepted"}


def test_policy_sends_once_more_not_twice() -> None:
    row = Row.born(3)
    for at in (POSTED + 1, POSTED + 35):
        row = row.claimed(at).accepted(at + 0.3).unknown(at + 1, due_at=at + 31)

    assert with_third(row.sent(POSTED + 68)) == {"I2 accepted too often"}


def test_an_attempt_after_an_ambiguous_one_may_be_refused_and_made_again() -> None:
    row = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).unknown(POSTED + 2, due_at=POSTED + 32)
    row = row.claimed(POSTED + 33).refused(POSTED + 34, due_at=POSTED + 40)

    assert with_third(row.sent(POSTED + 41)) == set()


def test_a_claim_allows_one_hand_over() -> None:
    row = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).accepted(POSTED + 1.5)
    row = row.unknown(POSTED + 2, due_at=POSTED + 32).claimed(POSTED + 33)

    assert with_third(
        row.refused(POSTED + 34, due_at=POSTED + 900).ended(POSTED + 40, ReceiptKind.FAILED)
    ) == {"I2 accepted twice under one claim"}


def test_a_message_that_a_fault_held_up_counts_for_the_claim_before_it() -> None:
    slow = Injected("network", POSTED + 1.2, POSTED + 40, slows_hand_over=True)
    row = Row.born(3).claimed(POSTED + 1).unknown(POSTED + 6, due_at=POSTED + 36)
    row = row.sent(POSTED + 37).accepted(POSTED + 40, begun=POSTED + 39.9)

    assert with_third(row, slow) == set()
    assert with_third(row) == {"I2 accepted twice under one claim"}


def test_a_claimed_row_is_not_claimed() -> None:
    row = Row.born(3).claimed(POSTED + 1).told(POSTED + 2, ReceiptKind.RELEASED)

    assert with_third(row.sent(POSTED + 3)) == {"I2 claimed, and did not wait"}


def test_a_row_that_is_done_is_not_claimed() -> None:
    row = Row.born(3).sent(POSTED + 1).claimed(POSTED + 3).told(POSTED + 4, ReceiptKind.FAILED)
    done = row.moved(POSTED + 4, state=State.FAILED, work="none")

    assert with_third(done) == {"I2 claimed, and did not wait"}


def test_what_is_done_with_waits_no_more() -> None:
    revived = Row.born(3).sent(POSTED + 1).told(POSTED + 3, ReceiptKind.RELEASED)
    revived = revived.moved(POSTED + 3, work="waiting").moved(POSTED + 4, work="none")

    assert "I2 revived" in with_third(revived)


def test_a_row_is_claimed_again_once_a_fact_of_the_claim_before_is_merged() -> None:
    row = Row.born(3).claimed(POSTED + 1).moved(POSTED + 2, work="waiting")

    assert with_third(row.sent(POSTED + 3)) == {"I2 claimed again without a fact"}


def test_a_refused_attempt_is_not_made_again_before_its_time() -> None:
    refused = Row.born(3).claimed(POSTED + 1).refused(POSTED + 2, due_at=POSTED + 12)

    assert with_third(refused.sent(POSTED + 11)) == {"I2 claimed too early"}
    assert with_third(refused.sent(POSTED + 11.6)) == set()


def test_a_deferred_row_may_be_claimed_before_its_time() -> None:
    held = Row.born(3).claimed(POSTED + 1).told(POSTED + 2, ReceiptKind.DEFERRED, due_at=POSTED + 32)

    assert with_third(held.moved(POSTED + 2, work="waiting").sent(POSTED + 5)) == set()


def test_what_was_accepted_was_not_released() -> None:
    row = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).told(POSTED + 2, ReceiptKind.RELEASED)
    row = row.moved(POSTED + 2, work="waiting").claimed(POSTED + 3)

    assert with_third(row.ended(POSTED + 4, ReceiptKind.FAILED)) == {"I2 refused although accepted"}


def test_an_accept_that_is_told_late_takes_back_that_it_was_refused() -> None:
    row = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).refused(POSTED + 2, due_at=POSTED + 9)

    assert with_third(row.ended(POSTED + 5, ReceiptKind.ACCEPTED)) == set()
