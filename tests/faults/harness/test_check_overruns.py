from dataclasses import replace
from typing import Protocol

import pytest

from tests.faults.harness.histories import (
    AGENCY,
    END,
    POSTED,
    Row,
    altered,
    answer,
    broken,
    consent_of,
    contact_of,
    fault,
    history,
    member,
    rows,
    the_alert,
)
from tests.faults.history import Accept, History, Injected, Suppression, Withdrawal
from tocsin_schemas.words import Channel, Purpose, ReceiptKind


class Ending(Protocol):
    """A run in which the third row's alert ended, or its member opted out."""

    def __call__(self, third: Row, *, at: float) -> History: ...


SLOW = Injected("network", POSTED + 1.5, POSTED + 20, slows_hand_over=True)


def begun(seconds: float, *, claimed: float = 1) -> Row:
    """The third row, whose hand-over began so long after the post."""
    at = POSTED + seconds
    row = Row.born(3).claimed(POSTED + claimed).accepted(at + 0.1, begun=at)
    return row.ended(at + 0.2, ReceiptKind.ACCEPTED)


def opted_out(third: Row, *, at: float) -> History:
    run = history([*rows()[:2], third], consents=[consent_of(1), consent_of(2), consent_of(3, end=at - 0.1)])
    return replace(run, withdrawals=[withdrawal(at)])


def withdrawal(at: float) -> Withdrawal:
    return Withdrawal(at, member(3), AGENCY, Purpose.EMERGENCY, Channel.EMAIL)


def cancelled(third: Row, *, at: float) -> History:
    run = history([*rows()[:2], third], answers=[answer("cancel", at=at)])
    return altered(run, alert=replace(the_alert(run), state="cancelled"))


def corrected(third: Row, *, at: float) -> History:
    again = [Row.born(number, version=2, at=at + 1).sent(at + 2) for number in (1, 2, 3)]
    return altered(history([*rows()[:2], third, *again], answers=[answer("correct", at=at)]), reached=[2])


def expired(third: Row, *, at: float) -> History:
    run = history([*rows()[:2], third])
    return altered(run, alert=replace(the_alert(run), expires_at=at))


ENDS = [(opted_out, "opt-out"), (cancelled, "cancel"), (corrected, "correction"), (expired, "expiry")]


@pytest.mark.parametrize(("ending", "name"), ENDS)
def test_nothing_is_handed_over_two_seconds_after_an_end(ending: Ending, name: str) -> None:
    assert broken(ending(begun(3.3), at=POSTED + 1.2)) == {f"I3 handed over after the {name}"}


@pytest.mark.parametrize("ending", [ending for ending, _ in ENDS])
def test_what_was_claimed_before_may_be_handed_over_within_two_seconds(ending: Ending) -> None:
    assert broken(ending(begun(3.1), at=POSTED + 1.2)) == set()


@pytest.mark.parametrize(("ending", "name"), ENDS)
def test_nothing_is_claimed_after_an_end(ending: Ending, name: str) -> None:
    assert broken(ending(begun(2.8, claimed=2.6), at=POSTED + 2)) == {f"I3 claimed after the {name}"}


@pytest.mark.parametrize("ending", [ending for ending, _ in ENDS])
def test_a_claim_may_take_half_a_second(ending: Ending) -> None:
    assert broken(ending(begun(2.8, claimed=2.4), at=POSTED + 2)) == set()


@pytest.mark.parametrize("ending", [ending for ending, _ in ENDS])
def test_a_claim_that_a_fault_held_up_was_sent_before(ending: Ending) -> None:
    run = ending(begun(3.9, claimed=3.5), at=POSTED + 2)
    paused = fault(began=POSTED + 1.9, ended=POSTED + 3)

    assert broken(replace(run, faults=[paused])) == set()


def test_a_fault_that_came_later_held_up_no_claim() -> None:
    run = cancelled(begun(3.9, claimed=3.5), at=POSTED + 2)
    paused = fault(began=POSTED + 2.6, ended=POSTED + 3)

    assert broken(replace(run, faults=[paused])) == {"I3 claimed after the cancel"}


def test_a_hand_over_that_the_network_held_up_began_before() -> None:
    run = opted_out(begun(20.9), at=POSTED + 1.2)

    assert broken(replace(run, faults=[SLOW])) == set()


def test_a_second_after_the_network_is_back_nothing_held_up_arrives() -> None:
    run = opted_out(begun(21.1), at=POSTED + 1.2)

    assert broken(replace(run, faults=[SLOW])) == {"I3 handed over after the opt-out"}


def test_one_who_consents_again_is_written_to_again() -> None:
    run = opted_out(begun(30, claimed=10), at=POSTED + 1.2)
    consents = [*run.dump.consents, consent_of(3, begin=POSTED + 5)]

    assert broken(replace(run, dump=replace(run.dump, consents=consents))) == set()


def test_one_who_opts_out_again_is_not() -> None:
    run = opted_out(begun(30, claimed=10), at=POSTED + 1.2)
    consents = [*run.dump.consents, consent_of(3, begin=POSTED + 5, end=POSTED + 11)]
    again = replace(run, withdrawals=[*run.withdrawals, withdrawal(POSTED + 11.1)])

    found = broken(replace(again, dump=replace(run.dump, consents=consents)))

    assert found == {"I3 handed over after the opt-out"}


def test_a_withdrawal_that_was_acknowledged_ends_the_consent() -> None:
    run = replace(history(), withdrawals=[withdrawal(POSTED + 60)])

    assert broken(run) == {"I3 withdrawal lost"}


def test_the_withdrawal_of_another_consent_ends_nothing() -> None:
    other = replace(withdrawal(POSTED - 5), purpose=Purpose.MARKETING)

    assert broken(replace(history(), withdrawals=[other])) == set()


def test_an_all_clear_goes_on_after_its_cancel() -> None:
    at = POSTED + 60
    clear = [Row.born(number, version=2, at=at + 1).sent(at + 5) for number in (1, 2, 3)]
    run = history([*rows(), *clear], answers=[answer("cancel", at=at)])
    alert = replace(the_alert(run), state="cancelled")

    assert broken(altered(run, alert=alert, reached=[2])) == set()


def test_a_correction_does_not_go_on_after_a_cancel() -> None:
    at = POSTED + 60
    again = [Row.born(number, version=2, at=at + 1).sent(at + 5) for number in (1, 2, 3)]
    acts = [answer("correct", at=at), answer("cancel", at=at + 2)]
    run = history([*rows(), *again], answers=acts)
    alert = replace(the_alert(run), state="cancelled")

    found = broken(altered(run, alert=alert, reached=[2]))

    assert found == {"I3 claimed after the cancel", "I3 handed over after the cancel"}


def test_what_a_cancel_was_answered_again_moves_nothing() -> None:
    run = cancelled(begun(3.3), at=POSTED + 1.2)
    again = replace(run, answers=[*run.answers, answer("cancel", at=POSTED + 30)])

    assert broken(again) == {"I3 handed over after the cancel"}


def suppression(*, created_at: float, lifted_at: float | None = None) -> Suppression:
    return Suppression(
        Channel.EMAIL, contact_of(3).address, "hard", "all", created_at=created_at, lifted_at=lifted_at
    )


def test_nothing_goes_to_a_suppressed_address() -> None:
    run = altered(history(), suppressions=[suppression(created_at=POSTED - 2)])

    assert broken(run) == {"I3 suppressed, and sent"}


def test_a_suppression_that_a_fault_held_up_counts_when_it_is_over() -> None:
    run = altered(history(), suppressions=[suppression(created_at=POSTED - 5)])

    assert broken(replace(run, faults=[fault(began=POSTED - 6, ended=POSTED - 1)])) == set()
    assert broken(replace(run, faults=[fault(began=POSTED - 6, ended=POSTED - 4)])) == {
        "I3 suppressed, and sent"
    }


@pytest.mark.parametrize(
    "lawful",
    [
        suppression(created_at=POSTED),
        suppression(created_at=10, lifted_at=POSTED),
        replace(suppression(created_at=10), kind="soft"),
        replace(suppression(created_at=10), scope="routine"),
        replace(suppression(created_at=10), address=contact_of(3).address + ".example"),
    ],
    ids=["just now", "lifted", "soft", "routine", "another"],
)
def test_a_suppression_forbids_only_what_it_is_about(lawful: Suppression) -> None:
    assert broken(altered(history(), suppressions=[lawful])) == set()


def test_an_alert_expires_by_the_version_in_force() -> None:
    late = Row.born(3).sent(POSTED + 1)

    assert broken(expired(late, at=END)) == set()


def test_an_accept_needs_an_earlier_claim() -> None:
    early = begun(1.9, claimed=2)

    assert broken(history([*rows()[:2], early])) == {"I4 sent without a claim"}


def test_two_observers_may_differ_a_little() -> None:
    assert broken(history([*rows()[:2], begun(1.96, claimed=2)])) == set()


def test_there_are_no_more_accepts_than_claims() -> None:
    run = history()
    third = rows()[2].row.id
    twice = Accept(POSTED + 3, POSTED + 2.9, third, contact_of(3).address, Channel.EMAIL, "relay")

    found = broken(replace(run, accepts=[*run.accepts, twice]))

    assert found == {
        "I2 accepted too often",
        "I2 accepted twice under one claim",
        "I4 more accepts than claims",
    }
