from dataclasses import replace
from uuid import UUID

from tests.faults.harness.histories import AGENCY, POSTED, Row, broken, contact_of, history, member
from tests.faults.history import Call, History, Injected
from tocsin_schemas.words import Channel, ReceiptKind, State

AT = POSTED + 10
HOME = UUID(int=7)
RULES = {
    "I1 never tried again",
    "I2 two calls at once",
    "I2 household called twice",
    "I2 called too often",
    "I2 called again too soon",
    "I2 looked up and not found",
    "I5 heard by a machine",
    "I7 too fast",
}


def waiting(number: int = 1, *, version: int = 1) -> Row:
    return Row.born(number, version=version, channel=Channel.VOICE)


def called(row: Row, at: float = AT) -> Row:
    """It is claimed, and called under that claim."""
    claimed = row.claimed(at)
    return claimed.accepted(at + 0.3, fence=claimed.row.fence)


def reached(row: Row, at: float = AT, kind: ReceiptKind = ReceiptKind.ACKNOWLEDGED) -> Row:
    return called(row, at).ended(at + 5, kind)


def out(row: Row, at: float = AT, *, due_at: float | None, reason: str = "line_busy") -> Row:
    """It is called, and nobody was reached."""
    told = called(row, at).told(at + 1, ReceiptKind.FAILED, due_at=due_at, status="busy", reason=reason)
    row = replace(told, row=replace(told.row, attempts=told.row.attempts + 1))
    work, state = ("none", State.FAILED) if due_at is None else ("waiting", State.SENT)
    return row.moved(at + 1.1, state=state, work="waiting" if work == "waiting" else "none")


def call(row: Row, began: float, ended: float | None, *, fence: int = 1, by: str | None = "human") -> Call:
    return Call(row.row.id, fence, "+447740000001", began, ended, "completed", by)


def run(*rows: Row, calls: tuple[Call, ...] = (), together: bool = False) -> History:
    lawful = history(rows)
    homes = {member(number): HOME if together else member(number) for number in (1, 2, 3)}
    return replace(lawful, calls=calls, dump=replace(lawful.dump, households=homes, calls_per_s={AGENCY: 2}))


def seen(made: History) -> set[str]:
    """Of these rules."""
    return broken(made) & RULES


def test_one_call_after_the_other_to_a_number_is_fine() -> None:
    first, second = reached(waiting(1)), reached(waiting(2), AT + 20)

    assert (
        seen(run(first, second, calls=(call(first, AT, AT + 20), call(second, AT + 19.8, AT + 30)))) == set()
    )


def test_a_second_call_while_the_first_goes_on_is_not() -> None:
    first, second = reached(waiting(1)), reached(waiting(2), AT + 5)
    overlaps = run(first, second, calls=(call(second, AT + 5, AT + 6), call(first, AT, AT + 20)))
    goes_on = run(first, second, calls=(call(first, AT, None), call(second, AT + 200, AT + 201)))

    assert seen(overlaps) == {"I2 two calls at once"}
    assert seen(goes_on) == {"I2 two calls at once"}


def test_a_short_call_meanwhile_does_not_hide_that_the_long_one_goes_on() -> None:
    rows = [reached(waiting(number), AT + 5 * number) for number in (1, 2, 3)]
    ends = (AT + 60, AT + 12, AT + 20)
    calls = [call(row, AT + 5 * number, ends[number - 1]) for number, row in enumerate(rows, 1)]

    assert seen(run(*rows, calls=(calls[0], calls[2]))) == {"I2 two calls at once"}
    assert seen(run(*rows, calls=(*calls,))) == {"I2 two calls at once"}


def test_a_household_is_called_once() -> None:
    twice = (reached(waiting(1)), reached(waiting(2), AT + 60))

    assert seen(run(*twice, together=True)) == {"I2 household called twice"}
    assert seen(run(*twice)) == set()


def test_a_household_is_not_called_by_two_of_its_members_at_once() -> None:
    assert seen(run(called(waiting(1)), called(waiting(2), AT + 1), together=True)) == {
        "I2 household called twice"
    }


def test_each_version_calls_a_household() -> None:
    versions = (reached(waiting(1)), reached(waiting(2, version=2), AT + 60))

    assert seen(run(*versions, together=True)) == set()


def test_another_member_is_called_where_one_failed_for_good() -> None:
    later = reached(waiting(2), POSTED + 400)

    assert seen(run(out(waiting(1), POSTED + 300, due_at=None), later, together=True)) == {
        "I1 never tried again"
    }
    assert seen(run(out(waiting(1), due_at=AT + 180), later, together=True)) == {"I2 household called twice"}


def test_whoever_is_out_is_called_again_after_minutes_and_three_times_at_most() -> None:
    row = waiting()
    for number in range(3):
        row = out(row, AT + 200 * number, due_at=AT + 200 * number + 180)

    assert seen(run(row)) == set()
    assert seen(run(called(row, AT + 600))) == {"I2 called too often"}


def test_two_minutes_are_too_soon() -> None:
    assert seen(run(out(waiting(), due_at=AT + 121))) == {"I2 called again too soon"}
    assert seen(run(out(waiting(), due_at=AT + 31, reason="throttled"))) == set()


def test_an_unanswered_call_is_not_the_last_word_while_there_is_time() -> None:
    once = out(waiting(), due_at=None)
    twice = out(out(waiting(), due_at=AT + 180), AT + 200, due_at=None)

    assert seen(run(once)) == {"I1 never tried again"}
    assert seen(run(twice)) == set()


def test_machines_do_not_hear() -> None:
    heard = reached(waiting(), kind=ReceiptKind.DELIVERED)

    assert seen(run(heard, calls=(call(heard, AT, AT + 9),))) == set()
    assert seen(run(heard, calls=(call(heard, AT, AT + 9, by="machine_end_beep"),))) == {
        "I5 heard by a machine"
    }
    assert seen(run(heard, calls=(call(heard, AT, AT + 9, by=None),))) == {"I5 heard by a machine"}


def test_a_call_that_rang_nowhere_need_not_be_found() -> None:
    unknown = called(waiting()).unknown(AT + 1, due_at=AT + 31)
    row = unknown.claimed(AT + 32).told(AT + 33, ReceiptKind.REFUSED, reason="not_found", due_at=AT + 34)
    made = call(row, AT + 0.3, AT + 0.4, by=None)

    assert seen(run(row, calls=(made,))) == {"I2 looked up and not found"}
    assert seen(run(row, calls=(replace(made, status="failed"),))) == set()


def test_a_caller_keeps_its_pace() -> None:
    rows = [reached(waiting(1, version=number), AT + number / 3) for number in range(1, 20)]
    held = Injected("network", POSTED, AT + 10, slows_hand_over=True)

    assert seen(run(*rows)) == {"I7 too fast"}
    assert seen(run(*rows[::2])) == set()
    assert seen(replace(run(*rows), faults=[held])) == set()


def test_who_waits_for_a_household_that_is_being_called_is_not_left_waiting() -> None:
    first, second = reached(waiting(1)), reached(waiting(2), POSTED + 45)
    rings = replace(call(first, AT, AT + 5), number=contact_of(1).address)

    assert "I1 left waiting" in broken(run(first, second, calls=(rings,)))
    assert "I1 left waiting" not in broken(run(first, second, calls=(rings,), together=True))


def test_a_call_whose_end_nobody_told_keeps_its_line_until_it_is_asked_after() -> None:
    told = out(waiting(1), due_at=None)
    untold = called(waiting(1))
    second = reached(waiting(2), POSTED + 150)
    rings = replace(call(told, AT, AT + 5), number=contact_of(1).address)

    assert "I1 left waiting" in broken(run(told, second, calls=(rings,), together=True))
    assert "I1 left waiting" not in broken(run(untold, second, calls=(rings,), together=True))
