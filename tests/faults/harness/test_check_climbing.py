from dataclasses import replace

from tests.faults.harness.histories import POSTED, Row, broken, history, rows
from tests.faults.history import Callback, Injected
from tocsin_schemas.words import ReceiptKind, State

BOUNCE = Callback(POSTED + 10, Row.born(3).row.id, ReceiptKind.FAILED, "dsn 5.1.1")


def with_third(third: Row, *callbacks: Callback, faults: tuple[Injected, ...] = ()) -> set[str]:
    return broken(replace(history([*rows()[:2], third]), callbacks=callbacks, faults=faults))


def bounced() -> Row:
    row = rows()[2].told(POSTED + 11, ReceiptKind.FAILED, status="dsn 5.1.1")
    return row.moved(POSTED + 11, state=State.FAILED, work="none")


def test_a_state_never_falls() -> None:
    fallen = rows()[2].moved(POSTED + 5, state=State.UNKNOWN, work="none")
    again = fallen.moved(POSTED + 6, state=State.SENT, work="none")

    assert with_third(again) == {"I5 state fell"}


def test_states_of_one_rank_may_follow_each_other() -> None:
    expired = Row.born(3).ended(POSTED + 2, ReceiptKind.EXPIRED)

    assert with_third(expired.ended(POSTED + 3, ReceiptKind.CANCELLED)) == set()


def test_a_fence_grows_by_one_at_a_claim() -> None:
    row = Row.born(3)
    skips = replace(row, row=replace(row.row, fence=1))

    assert with_third(skips.sent(POSTED + 1)) == {"I2 claimed again without a fact", "I5 fence miscounted"}


def test_a_fence_moves_at_no_other_time() -> None:
    row = rows()[2]
    moved = replace(row, row=replace(row.row, fence=2)).moved(POSTED + 9, work="none")

    assert with_third(moved) == {"I5 fence miscounted"}


def test_a_row_is_what_its_last_change_left() -> None:
    row = rows()[2]
    changed = replace(row, row=replace(row.row, fence=2))

    assert with_third(changed) == {"I5 changed unseen"}


def test_every_row_was_born() -> None:
    assert "I5 never born" in with_third(replace(rows()[2], moves=[]))


def test_a_state_follows_from_the_facts() -> None:
    late = rows()[2].told(POSTED + 11, ReceiptKind.DELIVERED)

    assert with_third(late) == {"I5 state unlike its facts"}


def test_a_lower_fact_only_joins_the_timeline() -> None:
    delivered = rows()[2].ended(POSTED + 9, ReceiptKind.DELIVERED)

    assert with_third(delivered.told(POSTED + 11, ReceiptKind.FAILED)) == set()


def test_a_callback_becomes_a_fact() -> None:
    assert with_third(rows()[2], BOUNCE) == {"I5 callback lost"}
    assert with_third(bounced(), BOUNCE) == set()


def test_another_status_is_another_fact() -> None:
    assert with_third(bounced(), replace(BOUNCE, status="dsn 4.2.2")) == {"I5 callback lost"}


def test_a_callback_may_go_with_the_records_of_its_topic() -> None:
    soon = Injected("topic made anew", POSTED + 30, POSTED + 31, loses="receipts")
    late = replace(soon, began=POSTED + 41, ended=POSTED + 42)
    other = replace(soon, loses="metrics")

    assert with_third(rows()[2], BOUNCE, faults=(soon,)) == set()
    assert with_third(rows()[2], BOUNCE, faults=(late,)) == {"I5 callback lost"}
    assert with_third(rows()[2], BOUNCE, faults=(other,)) == {"I5 callback lost"}


def test_a_callback_about_a_row_that_nobody_claimed_is_dropped() -> None:
    closed = Row.born(3).ended(POSTED + 2, ReceiptKind.CANCELLED)

    assert with_third(closed, BOUNCE) == set()


def test_a_callback_that_comes_twice_counts_once() -> None:
    twice = bounced().told(POSTED + 12, ReceiptKind.FAILED, status="dsn 5.1.1")

    assert with_third(bounced(), BOUNCE, BOUNCE) == set()
    assert with_third(twice, BOUNCE) == {"I5 fact counted twice"}
