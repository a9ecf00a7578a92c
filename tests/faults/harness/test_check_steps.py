"""Whom the later steps of a plan are for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.faults.harness.histories import (
    DUMPED,
    POSTED,
    Row,
    altered,
    answer,
    broken,
    consent_of,
    contact_of,
    fault,
    history,
    rows,
    step,
    the_alert,
)
from tests.faults.history import Asked, History, Step
from tocsin_schemas.words import Channel, ReceiptKind, State

AFTER = 60.0
STEPS = (step(0), step(1, after=AFTER))


def again(*numbers: int, at: float = POSTED + AFTER + 1) -> list[Row]:
    """The second step reaches these, too."""
    return [Row.born(number, wave=1, at=at).sent(at + 1) for number in numbers]


def delivered(number: int) -> Row:
    row = Row.born(number).sent(POSTED + 1).told(POSTED + 9, ReceiptKind.DELIVERED)
    return row.moved(POSTED + 9, state=State.DELIVERED, work="none")


def planned(made: Sequence[Row], *, steps: Sequence[Step] = STEPS) -> History:
    return altered(history(made), steps=steps)


def test_a_step_is_for_everybody_whom_none_before_has_reached() -> None:
    assert broken(planned([*rows(), *again(1, 2, 3)])) == set()
    assert broken(planned([*rows(), *again(1, 2)])) == {"I1 silent, and passed over"}
    assert broken(planned([*rows()[:2], delivered(3), *again(1, 2)])) == set()


def test_who_got_it_and_has_not_said_so_may_be_asked_once_more() -> None:
    asks = (step(0), step(1, after=AFTER, unless=State.ACKNOWLEDGED))

    found = broken(planned([*rows()[:2], delivered(3), *again(1, 2)], steps=asks))

    assert found == {"I1 silent, and passed over"}


def test_a_step_has_one_row_of_a_contact_point_and_so_has_the_next() -> None:
    (third,) = again(3)
    twin = replace(third, row=replace(third.row, id=rows()[0].row.alert))
    twin = replace(twin, moves=[replace(move, delivery=twin.row.id) for move in third.moves], accepts=[])

    assert "I1 two rows" in broken(planned([*rows(), *again(1, 2, 3), twin]))


def test_a_step_is_for_those_on_its_channels_alone() -> None:
    texts = (step(0), step(1, after=AFTER, channel=Channel.SMS))

    assert broken(planned(rows(), steps=texts)) == set()
    assert broken(planned([*rows(), *again(3)], steps=texts)) == {"I1 row for nobody eligible"}


def test_who_chose_the_channel_of_a_later_step_has_no_row_of_an_earlier_one() -> None:
    texts = (step(0), step(1, after=AFTER, channel=Channel.SMS))
    at = POSTED + AFTER + 1
    third = replace(contact_of(3), channel=Channel.SMS)
    consents = [consent_of(1), consent_of(2), consent_of(3, channel=Channel.SMS)]
    text = Row.born(3, wave=1, at=at, channel=Channel.SMS).sent(at + 1)

    with_it = altered(history([*rows()[:2], text], consents=consents), contacts=[third], steps=texts)
    without = altered(history(rows()[:2], consents=consents), contacts=[third], steps=texts)

    assert broken(with_it) == set()
    assert broken(without) == {"I1 silent, and passed over"}


def test_there_is_no_step_that_nobody_planned() -> None:
    assert broken(planned([*rows(), *again(3)], steps=STEPS[:1])) == {"I1 row for nobody eligible"}


def test_an_alert_that_ends_has_no_further_step() -> None:
    run = planned(rows())
    expired = replace(the_alert(run), expires_at=POSTED + AFTER + 15)
    cancelled = replace(the_alert(run), state="cancelled")
    called_off = replace(run, answers=[*run.answers, answer("cancel", at=POSTED + AFTER + 40)])

    assert broken(altered(run, alert=expired, steps=STEPS)) == set()
    assert broken(altered(called_off, alert=cancelled, steps=STEPS)) == set()


def test_a_step_begins_soon_where_nothing_is_broken() -> None:
    run = planned(rows())
    expired = replace(the_alert(run), expires_at=POSTED + AFTER + 40)
    broke = fault(began=POSTED + AFTER, ended=POSTED + AFTER + 15)

    assert broken(altered(run, alert=expired, steps=STEPS)) == {"I1 silent, and passed over"}
    assert broken(altered(replace(run, faults=[broke]), alert=expired, steps=STEPS)) == set()


def test_what_is_still_to_begin_is_missed_by_nobody() -> None:
    far = (step(0), step(1, after=DUMPED - POSTED + 60))

    assert broken(altered(history(), left={"fan_outs": 1}, steps=far)) == {"I1 something left"}


@pytest.mark.parametrize(
    ("second", "kept"),
    [
        (Asked((Channel.EMAIL,), 60), True),
        (Asked((Channel.EMAIL,), 60, State.DELIVERED), True),
        (Asked((Channel.EMAIL,), 60, State.ACKNOWLEDGED), False),
        (Asked((Channel.EMAIL,), 50), False),
        (Asked((Channel.EMAIL, Channel.SMS), 60), False),
    ],
)
def test_a_plan_is_kept_as_it_was_posted(second: Asked, *, kept: bool) -> None:
    run = planned([*rows(), *again(1, 2, 3)])
    posted = replace(run.answers[0], plan=(Asked((Channel.EMAIL,)), second))

    assert broken(replace(run, answers=[posted])) == (set() if kept else {"I1 unlike its plan"})
