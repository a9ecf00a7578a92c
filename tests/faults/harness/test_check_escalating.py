"""No step for whom another one reached, none before its time, none too late for whom every one failed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.faults.checker import check
from tests.faults.harness.histories import POSTED, Row, altered, broken, fault, history, rows, step
from tests.faults.history import Callback, History, Injected, Step
from tocsin_schemas.words import ReceiptKind, State

AFTER = 60.0
TIME = POSTED + AFTER
STEPS = (step(0), step(1, after=AFTER))


def first(*, delivered: float | None = None) -> Row:
    """What member 3 got by the first step, and when it was seen to have arrived."""
    row = Row.born(3).sent(POSTED + 1)
    if delivered is None:
        return row
    row = row.told(delivered, ReceiptKind.DELIVERED, status="dsn 2.0.0")
    return row.moved(delivered, state=State.DELIVERED, work="none")


def failed(at: float) -> Row:
    return Row.born(3).claimed(POSTED + 1).ended(at, ReceiptKind.FAILED)


def second(*, at: float = TIME + 0.5) -> Row:
    return Row.born(3, wave=1, at=at)


def called_off(row: Row, at: float) -> Row:
    row = row.ended(at, ReceiptKind.CANCELLED)
    return replace(row, row=replace(row.row, reason="reached"))


def report(at: float) -> Callback:
    return Callback(at, first().row.id, ReceiptKind.DELIVERED, "dsn 2.0.0")


def run_of(
    third: Sequence[Row],
    *,
    callbacks: Sequence[Callback] = (),
    faults: Sequence[Injected] = (),
    steps: Sequence[Step] = STEPS,
) -> History:
    """Of member 3, and two others with whom all went well."""
    others = [Row.born(number, wave=1, at=TIME + 0.5).sent(TIME + 1) for number in (1, 2)]
    run = altered(history([*rows()[:2], *others, *third]), steps=steps)
    return replace(run, callbacks=callbacks, faults=faults)


def test_a_step_goes_to_whom_the_one_before_left_silent() -> None:
    assert broken(run_of([first(), second().sent(TIME + 1)])) == set()


def test_news_of_two_seconds_before_stops_a_claim() -> None:
    news = first(delivered=TIME + 1)

    assert broken(run_of([news, second().sent(TIME + 3)])) == set()
    assert broken(run_of([news, second().sent(TIME + 3.2)])) == {"I3 escalated although reached"}
    assert broken(run_of([news, called_off(second(), TIME + 3.2)])) == set()


def test_news_counts_from_its_acknowledgement() -> None:
    news = first(delivered=TIME + 9)
    made = [news, second().sent(TIME + 5)]

    assert broken(run_of(made)) == set()
    assert broken(run_of(made, callbacks=[report(TIME + 3)])) == set()
    assert broken(run_of(made, callbacks=[report(TIME + 2)])) == {"I3 escalated although reached"}


@pytest.mark.parametrize(
    "other",
    [
        replace(report(TIME + 2), forged=True),
        replace(report(TIME + 2), by_ref=True),
        replace(report(TIME + 2), kind=ReceiptKind.FAILED),
    ],
    ids=["forged", "of what nobody may know", "bad news"],
)
def test_only_a_report_that_says_so_for_certain_counts(other: Callback) -> None:
    made = [first(delivered=TIME + 9), second().sent(TIME + 5)]

    assert "I3 escalated although reached" not in broken(run_of(made, callbacks=[other]))


def test_news_that_went_with_the_log_is_no_news() -> None:
    made = [first(delivered=TIME + 9), second().sent(TIME + 5)]
    lost = replace(fault("records-lost", began=TIME + 2, ended=TIME + 2), loses="receipts")

    assert broken(run_of(made, callbacks=[report(TIME + 2)], faults=[lost])) == set()


def test_a_claim_is_as_old_as_what_it_read() -> None:
    late = second().sent(TIME + 5)
    claim = replace(late.moves[1], began=TIME + 2)
    late = replace(late, moves=[late.moves[0], claim, late.moves[2]])

    assert broken(run_of([first(delivered=TIME + 1), late])) == set()


def test_a_commit_that_a_fault_held_up_was_seen_by_nobody() -> None:
    made = [first(delivered=TIME + 1), second().sent(TIME + 5)]

    assert broken(run_of(made, faults=[fault(began=TIME, ended=TIME + 3)])) == set()
    assert broken(run_of(made, faults=[fault(began=TIME - 5, ended=TIME - 3)])) == {
        "I3 escalated although reached"
    }


def test_a_step_that_waits_for_an_acknowledgement_goes_to_whom_it_reached() -> None:
    asks = (step(0), step(1, after=AFTER, unless=State.ACKNOWLEDGED))

    assert broken(run_of([first(delivered=POSTED + 9), second().sent(TIME + 1)], steps=asks)) == set()


def test_a_step_begins_for_nobody_who_was_reached() -> None:
    off = called_off(second(), TIME + 1)

    assert broken(run_of([first(delivered=TIME - 1), off])) == set()
    assert broken(run_of([first(delivered=TIME - 2), off])) == {"I3 begun although reached"}


def test_what_was_told_before_its_time_is_known_when_a_step_begins() -> None:
    made = [first(delivered=TIME + 1), called_off(second(), TIME + 1)]

    assert broken(run_of(made, callbacks=[report(TIME + 0.1)])) == set()
    assert broken(run_of(made, callbacks=[report(TIME - 0.1)])) == {"I3 begun although reached"}


def test_before_its_time_a_step_is_for_whom_the_one_before_failed() -> None:
    early = second(at=POSTED + 10).sent(POSTED + 11)

    assert broken(run_of([failed(POSTED + 9), early])) == set()
    assert broken(run_of([first(), early])) == {"I3 begun too early"}
    assert broken(run_of([failed(POSTED + 12), early])) == {"I3 begun too early"}


def test_before_its_time_a_step_is_for_nobody_else_who_has_no_row() -> None:
    assert "I3 begun too early" in broken(run_of([second(at=POSTED + 10).sent(POSTED + 11)]))


def test_whom_a_step_failed_moves_on_soon() -> None:
    late = [failed(POSTED + 9), second().sent(TIME + 1)]
    broke = fault(began=POSTED + 9, ended=POSTED + 30)

    assert broken(run_of(late)) == {"I1 failed, and not moved on"}
    assert broken(run_of(late, faults=[broke])) == set()
    assert broken(run_of([failed(TIME - 19), second().sent(TIME + 1)])) == set()


def test_who_may_still_be_reached_does_not_move_on() -> None:
    refused = Row.born(3).claimed(POSTED + 1).refused(POSTED + 2, due_at=TIME)
    refused = refused.sent(TIME + 1)

    assert broken(run_of([refused, second().sent(TIME + 1)])) == set()


def test_nobody_is_called_off_whom_nothing_reached() -> None:
    assert broken(run_of([first(), called_off(second(), TIME + 1)])) == {"I1 called off, and not reached"}


def test_the_story_of_a_step_tells_what_became_of_the_others() -> None:
    late = second().sent(TIME + 5)
    found = check(run_of([first(delivered=TIME + 9), late], callbacks=[report(TIME + 2)]))

    (timeline,) = [finding.timeline for finding in found]
    assert [line for line in timeline if "step" in line] == [
        "-60.400 email of step 1: born: pending, waiting, fence 0",
        "-59.500 email of step 1: claimed: pending, claimed, fence 1",
        "-59.000 email of step 1: row: sent, none, fence 1",
        "-0.500 plan: time of step 2",
        "+1.500 email of step 1: provider: told of it, delivered dsn 2.0.0",
        "+8.500 email of step 1: row: delivered, none, fence 1",
    ]
