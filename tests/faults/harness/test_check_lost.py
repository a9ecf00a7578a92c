from dataclasses import replace
from uuid import UUID

from tests.faults.harness.histories import (
    POSTED,
    Row,
    altered,
    answer,
    broken,
    consent_of,
    contact_of,
    history,
    rows,
    the_alert,
)
from tocsin_schemas.words import ReceiptKind, State

ELSEWHERE = UUID(int=99)


def test_a_run_in_which_everyone_got_the_alert_breaks_nothing() -> None:
    assert broken(history()) == set()


def test_an_alert_that_was_accepted_is_in_the_ledger() -> None:
    lost = replace(answer(key="other"), alert=ELSEWHERE)

    assert broken(history(answers=[lost])) == {"I1 alert lost"}


def test_a_post_that_was_refused_may_be_nowhere() -> None:
    assert (
        broken(history(answers=[answer(status=503, key="other"), answer(status=0, key="another")])) == set()
    )


def test_a_key_names_one_alert() -> None:
    again = replace(answer(), alert=ELSEWHERE)

    assert "I1 two alerts of a key" in broken(history(answers=[again]))


def test_an_agency_has_no_more_alerts_than_it_posted() -> None:
    run = history()
    twin = replace(the_alert(run), id=ELSEWHERE, expires_at=POSTED)
    doubled = replace(run.dump, alerts={**run.dump.alerts, ELSEWHERE: twin})
    unanswered, refused = answer(status=0, key="other"), answer(status=422, key="other")

    assert "I1 more alerts than keys" in broken(replace(run, dump=doubled))
    assert "I1 more alerts than keys" in broken(replace(run, dump=doubled, answers=[*run.answers, refused]))
    assert "I1 more alerts than keys" not in broken(
        replace(run, dump=doubled, answers=[*run.answers, unanswered])
    )


def test_a_post_that_is_repeated_gets_the_same_answer() -> None:
    assert broken(history(answers=[answer(at=POSTED + 5)])) == set()


def test_a_cancel_that_was_accepted_is_in_the_ledger() -> None:
    assert broken(history(answers=[answer("cancel", at=POSTED + 60)])) == {"I1 cancel lost"}


def test_a_correction_that_was_accepted_is_in_the_ledger() -> None:
    assert broken(history(answers=[answer("correct", at=POSTED + 60)])) == {"I1 correction lost"}


def test_every_eligible_member_has_a_row() -> None:
    assert broken(history(rows()[:2])) == {"I1 no row"}


def test_a_member_whose_consent_came_later_has_none() -> None:
    consents = [consent_of(1), consent_of(2), consent_of(3, begin=POSTED + 0.001)]

    assert broken(history(rows()[:2], consents=consents)) == set()


def test_a_member_whose_consent_ended_later_has_a_row() -> None:
    consents = [consent_of(1), consent_of(2), consent_of(3, end=POSTED + 0.001)]

    assert broken(history(rows()[:2], consents=consents)) == {"I1 no row"}


def test_a_contact_point_counts_once_it_is_confirmed() -> None:
    late = replace(contact_of(3), confirmed_at=POSTED + 1)
    without = replace(contact_of(3), confirmed_at=None)

    assert broken(altered(history(rows()[:2]), contacts=[late])) == set()
    assert broken(altered(history(rows()[:2]), contacts=[without])) == set()


def test_nobody_else_has_a_row() -> None:
    consents = [consent_of(1), consent_of(2)]

    assert broken(history(consents=consents)) == {"I1 row for nobody eligible"}


def test_a_contact_point_has_one_row_of_a_version() -> None:
    third = rows()[2]
    twin = UUID(int=77)
    made = history()
    dump = made.dump
    double = replace(
        dump,
        deliveries={**dump.deliveries, twin: replace(third.row, id=twin)},
        moves={**dump.moves, twin: third.moves},
        facts={**dump.facts, twin: third.facts},
    )
    accept = replace(third.accepts[0], delivery=twin)

    assert broken(replace(made, dump=double, accepts=[*made.accepts, accept])) == {"I1 two rows"}


def test_a_row_is_of_an_alert_that_is_there() -> None:
    stray = Row.born(1).sent(POSTED + 1)
    made = history([*rows()[1:], replace(stray, row=replace(stray.row, alert=ELSEWHERE))])

    assert broken(made) == {"I1 no row", "I1 row of no alert"}


def test_the_audience_of_an_earlier_version_is_known_but_for_those_who_changed_meanwhile() -> None:
    again = [Row.born(number, version=2, at=POSTED + 61).sent(POSTED + 62) for number in (1, 2, 3)]
    made = history([*rows()[:2], *again], answers=[answer("correct", at=POSTED + 60)])
    corrected = replace(the_alert(made), frozen_at=POSTED + 60)
    joined = [consent_of(1), consent_of(2), consent_of(3, begin=POSTED + 30)]

    assert broken(altered(made, alert=corrected)) == {"I1 no row"}
    changed = replace(made, dump=replace(made.dump, consents=joined))
    assert broken(altered(changed, alert=corrected)) == set()


def a_correction_to(*numbers: int) -> list[Row]:
    return [Row.born(number, version=2, at=POSTED + 61).sent(POSTED + 62) for number in numbers]


def corrected(made: list[Row]) -> set[str]:
    run = history(made, answers=[answer("correct", at=POSTED + 60)])
    return broken(altered(run, reached=[2]))


def test_those_reached_are_told_more() -> None:
    assert corrected([*rows(), *a_correction_to(1, 2)]) == {"I1 reached, and not told more"}


def test_one_whose_message_bounced_was_not_reached() -> None:
    one, two, three = rows()
    bounced = three.ended(POSTED + 10, ReceiptKind.FAILED)

    assert corrected([one, two, bounced, *a_correction_to(1, 2)]) == set()


def test_one_who_was_never_handed_anything_is_not_told_more() -> None:
    one, two, _ = rows()
    refused = Row.born(3).claimed(POSTED + 1).ended(POSTED + 2, ReceiptKind.FAILED)

    assert corrected([one, two, refused, *a_correction_to(1, 2, 3)]) == {"I1 told more, and not reached"}


def test_one_who_was_perhaps_reached_may_be_told_more_or_not() -> None:
    one, two, _ = rows()
    perhaps = Row.born(3).claimed(POSTED + 1).unknown(POSTED + 2, due_at=POSTED + 32)
    perhaps = perhaps.ended(POSTED + 31, ReceiptKind.CANCELLED)

    assert corrected([one, two, perhaps, *a_correction_to(1, 2, 3)]) == set()
    assert corrected([one, two, perhaps, *a_correction_to(1, 2)]) == set()


def test_every_row_is_settled() -> None:
    waits = Row.born(3).claimed(POSTED + 1).refused(POSTED + 2, due_at=POSTED + 700)

    assert broken(history([*rows()[:2], waits])) == {"I1 not settled"}


def test_an_attempt_that_may_have_arrived_is_made_once_more() -> None:
    once = Row.born(3).claimed(POSTED + 1).unknown(POSTED + 2, due_at=None)
    twice = Row.born(3).claimed(POSTED + 1).unknown(POSTED + 2, due_at=POSTED + 32)
    twice = twice.claimed(POSTED + 33).unknown(POSTED + 34, due_at=None)

    assert broken(history([*rows()[:2], once])) == {"I1 given up early"}
    assert broken(history([*rows()[:2], twice])) == set()


def test_nothing_is_left_to_do() -> None:
    assert broken(altered(history(), left={"due": 0, "dead letters": 2})) == {"I1 something left"}


def test_what_is_sent_a_provider_has_accepted() -> None:
    third = replace(rows()[2], accepts=[])

    assert broken(history([*rows()[:2], third])) == {"I1 sent by the ledger alone"}


def test_what_a_provider_has_accepted_is_in_the_ledger() -> None:
    run = history()
    stray = replace(run.accepts[0], delivery=ELSEWHERE)

    assert broken(replace(run, accepts=[*run.accepts, stray])) == {"I1 sent, not in the ledger"}


def test_what_a_provider_has_accepted_leaves_a_trace() -> None:
    secret = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).ended(POSTED + 9, ReceiptKind.EXPIRED)
    told = Row.born(3).claimed(POSTED + 1).accepted(POSTED + 1.3).unknown(POSTED + 9, due_at=POSTED + 39)
    told = told.ended(POSTED + 38, ReceiptKind.EXPIRED)

    assert broken(history([*rows()[:2], secret])) == {"I1 sent in secret"}
    assert broken(history([*rows()[:2], told])) == set()


def test_a_message_goes_to_its_contact_point() -> None:
    third = rows()[2]
    astray = replace(third, accepts=[replace(third.accepts[0], recipient="m1@town.example")])
    in_capitals = replace(third, accepts=[replace(third.accepts[0], recipient="M3@Elsewhere.example")])

    assert broken(history([*rows()[:2], astray])) == {"I1 sent elsewhere"}
    assert broken(history([*rows()[:2], in_capitals])) == set()


def test_the_row_of_a_closed_alert_says_so() -> None:
    closed = Row.born(3, at=POSTED + 61).ended(POSTED + 62, ReceiptKind.CANCELLED)
    run = history([*rows()[:2], closed], answers=[answer("cancel", at=POSTED + 60)])

    assert closed.row.state is State.CANCELLED
    assert broken(altered(run, alert=replace(the_alert(run), state="cancelled"))) == set()
