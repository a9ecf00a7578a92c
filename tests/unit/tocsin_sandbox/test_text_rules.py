"""Which rule of a text provider applies, and which make no sense."""

import pytest
from pydantic import ValidationError

from tocsin_sandbox.phones.rules import ActionType, Phase, RuleBook, RuleSet

NUMBER = "+447700900123"


def book(*rules: dict[str, object]) -> RuleBook:
    """These rules, in force."""
    rule_book = RuleBook()
    rule_book.replace(RuleSet.model_validate({"rules": rules}))
    return rule_book


def types(rule_book: RuleBook, *, phase: Phase = Phase.CREATE, numbers: list[str]) -> list[ActionType | None]:
    """What happens to these, one after the other."""
    actions = [rule_book.action(phase, number=number) for number in numbers]
    return [None if action is None else action.type for action in actions]


def test_a_rule_applies_so_often_to_each_number() -> None:
    rule_book = book({"phase": "create", "times": 1, "per_recipient": True, "action": {"type": "drop"}})

    assert types(rule_book, numbers=[NUMBER, NUMBER, "+447700900124"]) == [
        ActionType.DROP,
        None,
        ActionType.DROP,
    ]
    assert rule_book.applied() == [2]


def test_a_report_is_drawn_by_text_and_status() -> None:
    rule_book = book({"phase": "callback", "share": 0.5, "action": {"type": "lose"}})

    lots = [f"SM{number} delivered" for number in range(400)]
    lost = [rule_book.action(Phase.CALLBACK, number=NUMBER, lot=lot) is not None for lot in lots]
    again = [rule_book.action(Phase.CALLBACK, number=NUMBER, lot=lot) is not None for lot in lots]

    assert 120 < sum(lost) < 280
    assert lost == again


def test_a_rule_may_mean_some_statuses_alone() -> None:
    rule_book = book({"phase": "callback", "statuses": ["delivered"], "action": {"type": "lose"}})

    assert rule_book.action(Phase.CALLBACK, number=NUMBER, status="sent") is None
    assert rule_book.action(Phase.CALLBACK, number=NUMBER, status="delivered") is not None


@pytest.mark.parametrize(
    ("phase", "action", "others"),
    [
        ("create", {"type": "reply"}, {}),
        ("create", {"type": "drop", "status": 500}, {}),
        ("create", {"type": "delay"}, {}),
        ("create", {"type": "end", "status": "failed"}, {}),
        ("create", {"type": "lose"}, {}),
        ("deliver", {"type": "end"}, {}),
        ("deliver", {"type": "end", "status": 500}, {}),
        ("deliver", {"type": "end", "status": "failed", "code": "x"}, {}),
        ("callback", {"type": "stall"}, {}),
        ("callback", {"type": "duplicate", "copies": 1}, {}),
        ("create", {"type": "drop"}, {"match": "re:("}),
        ("create", {"type": "drop"}, {"statuses": ["sent"]}),
        ("bounce", {"type": "drop"}, {}),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    phase: str, action: dict[str, object], others: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        book({"phase": phase, "action": action, **others})
