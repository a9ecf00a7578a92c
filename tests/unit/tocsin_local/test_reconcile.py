"""The verdict of the demo and of the end-to-end tests: it must see every way in which ledger and inbox can differ."""

import json
from collections import Counter
from collections.abc import Mapping
from uuid import uuid4

import pytest

from tocsin_local.demo_answers import Counts, Price
from tocsin_local.demo_inbox import delivery_of
from tocsin_local.demo_report import Report
from tocsin_local.reconcile import Inbox, Reconciliation, reconcile
from tocsin_schemas.words import Channel, State

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
    fails_later: bool = False,
) -> Reconciliation:
    return reconcile(
        ledger.items(),
        inbox=inbox or arrived("a", "b"),
        expected=len(ledger) if expected is None else expected,
        counted=Counter(ledger.values()) if counted is None else counted,
        resent=resent,
        fails_later=fails_later,
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

    told = json.loads(a_report({Channel.EMAIL: result, Channel.SMS: verdict()}).as_json())

    assert (told["ok"], told["faults"]) == (False, [f"email: {fault}" for fault in result.faults])
    assert (told["deliveries"], told["rate"]) == (6, 3.0)
    assert told["inbox"] == {"messages": 1, "distinct": 1, "duplicates": 0}
    assert told["phones"] == {"messages": 2, "distinct": 2, "duplicates": 0}


def test_the_report_for_programs_says_what_texts_cost_and_how_many_are_not_reported_on() -> None:
    told = json.loads(a_report({Channel.EMAIL: verdict(), Channel.SMS: verdict()}).as_json())

    assert told["texts"] == {"segments": 4, "cost": {"amount": "0.1852", "currency": "GBP"}, "untold": 2}


def test_a_text_that_was_taken_may_have_failed_since() -> None:
    assert verdict(inbox=arrived("a", "b", "c"), fails_later=True).ok


def test_what_a_phone_got_is_found_again() -> None:
    ledger = {"a": State.DELIVERED, "b": State.ACKNOWLEDGED}

    assert verdict(ledger=ledger).ok


def test_a_reference_names_its_delivery() -> None:
    delivery = uuid4()

    assert delivery_of(f"{delivery.hex}.3.0011223344556677") == str(delivery)
    assert delivery_of("-") == "-"


def a_report(results: Mapping[Channel, Reconciliation]) -> Report:
    counts = Counts(
        version=1,
        deliveries=6,
        states={State.SENT: 4, State.FAILED: 2},
        channels={channel: result.states for channel, result in results.items()},
        segments=4,
        cost=Price(amount="0.1852", currency="GBP"),
    )
    return Report(3, "an-alert", {"deliver": 2.0}, results, counts)
