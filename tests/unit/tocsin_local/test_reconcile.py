"""The verdict of the demo and of the end-to-end tests: it must see every way in which ledger and inbox can differ."""

import json
from collections import Counter
from collections.abc import Mapping

import pytest

from tocsin_local.demo_report import Report, as_json
from tocsin_local.reconcile import Inbox, Reconciliation, reconcile
from tocsin_schemas.words import State

LEDGER = {"a": State.SENT, "b": State.SENT, "c": State.FAILED}


def arrived(*deliveries: str) -> Inbox:
    return Inbox(tuple(f"<{delivery}@bounces.example>" for delivery in deliveries))


def verdict(
    *,
    ledger: Mapping[str, State] = LEDGER,
    inbox: Inbox | None = None,
    expected: int | None = None,
    counted: Mapping[State, int] | None = None,
    resent: int = 0,
) -> Reconciliation:
    return reconcile(
        ledger.items(),
        inbox=inbox or arrived("a", "b"),
        expected=len(ledger) if expected is None else expected,
        counted=Counter(ledger.values()) if counted is None else counted,
        resent=resent,
    )


def test_what_was_sent_and_arrived_once_reconciles() -> None:
    assert verdict().ok


def test_states_that_the_api_counts_as_nothing_do_not_matter() -> None:
    assert verdict(counted={State.SENT: 2, State.FAILED: 1, State.PENDING: 0}).ok


def test_an_unknown_delivery_may_have_arrived_or_not() -> None:
    ledger = {"a": State.SENT, "b": State.UNKNOWN}

    assert verdict(ledger=ledger, inbox=arrived("a")).ok
    assert verdict(ledger=ledger, inbox=arrived("a", "b")).ok


def test_a_duplicate_is_lawful_where_an_ambiguous_attempt_was_made_again() -> None:
    assert verdict(inbox=arrived("a", "b", "a"), resent=1).ok


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (verdict(expected=4), "4 deliveries were expected, the ledger has 3"),
        (verdict(counted={State.SENT: 3}), "the API counts 3, the ledger has 3"),
        (verdict(inbox=arrived("a")), "1 are sent by the ledger and did not arrive"),
        (verdict(inbox=arrived("a", "b", "c")), "1 arrived and are not sent by the ledger"),
        (verdict(inbox=arrived("a", "b", "z")), "1 arrived and are not sent by the ledger"),
        (verdict(inbox=arrived("a", "b", "a")), "1 arrived twice, 0 were sent again"),
        (verdict(inbox=arrived("a", "b", "a", "a"), resent=1), "2 arrived twice, 1 were sent again"),
        (verdict(ledger={"c": State.FAILED}, inbox=arrived()), "nothing was sent"),
    ],
)
def test_a_difference_is_a_fault(result: Reconciliation, fault: str) -> None:
    assert result.faults == (fault,)
    assert not result.ok


def test_no_deliveries_where_none_were_expected_is_all_well() -> None:
    assert verdict(ledger={}, inbox=arrived()).ok


def test_the_report_for_programs_says_what_is_wrong() -> None:
    result = verdict(inbox=arrived("a"))

    told = json.loads(as_json(Report(3, "an-alert", {"deliver": 2.0}, result)))

    assert (told["ok"], told["faults"]) == (False, list(result.faults))
    assert (told["deliveries"], told["rate"]) == (3, 1.5)
    assert told["inbox"] == {"messages": 1, "distinct": 1, "duplicates": 0}
