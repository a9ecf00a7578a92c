from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.faults.harness.histories import ALERT, POSTED, answer, broken, final, history
from tests.faults.history import Answer, Leak, Snapshot
from tocsin_schemas.words import State

SENT = {State.SENT: 3}


def shown(*snapshots: Snapshot) -> set[str]:
    return broken(replace(history(), snapshots=snapshots))


def seen(version: int, *, at: float = 1, surface: str = "api", sent: int = 3) -> Snapshot:
    one = Snapshot(POSTED + at, "api", ALERT, version, sent, {State.SENT: sent})
    return one if surface == "api" else replace(one, surface="metrics")


def test_surfaces_that_show_the_ledger_break_nothing() -> None:
    assert shown(seen(1), seen(2, at=2), *final(SENT)) == set()


def test_states_sum_to_the_deliveries() -> None:
    assert shown(replace(seen(1), deliveries=4)) == {"I6 does not add up"}


def test_no_count_is_negative() -> None:
    assert shown(replace(seen(1), states={State.SENT: 4, State.PENDING: -1})) == {"I6 negative count"}


@pytest.mark.parametrize("surface", ["api", "metrics"])
def test_a_version_never_falls(surface: str) -> None:
    assert shown(seen(2, surface=surface), seen(1, at=2, surface=surface)) == {"I6 version fell"}


def test_the_versions_of_two_surfaces_are_compared_only_at_the_end() -> None:
    assert shown(seen(2, surface="metrics"), seen(1, at=2)) == set()


def test_a_lower_version_on_the_topic_is_ignored_unless_it_is_the_last() -> None:
    assert shown(seen(2, surface="metrics"), seen(1, surface="metrics"), seen(3, surface="metrics")) == set()


def test_metrics_may_be_told_again_but_not_otherwise() -> None:
    first = seen(2, surface="metrics")

    assert shown(first, seen(2, at=2, surface="metrics")) == set()
    assert shown(first, seen(2, at=2, surface="metrics", sent=2)) == {"I6 two contents of a version"}


def test_the_last_snapshot_is_what_the_ledger_says() -> None:
    assert shown(*final({State.SENT: 2, State.PENDING: 1})) == {"I6 unlike the ledger"}


def test_states_without_deliveries_may_be_left_out_or_not() -> None:
    assert shown(*final({State.SENT: 3, State.PENDING: 0})) == set()


def test_surfaces_agree_on_the_last_version() -> None:
    api, _ = final(SENT, version=7)
    _, metrics = final(SENT, version=6)

    assert shown(api, metrics) == {"I6 surfaces disagree"}


def test_a_leak_is_a_finding() -> None:
    leaked = Leak("alert-api.log", "address", "to=****")

    assert broken(replace(history(), leaks=[leaked])) == {"I8 address leaked"}


UNASHAMED: Sequence[tuple[Answer, set[str]]] = [
    (answer(status=500), {"I9 failed"}),
    (replace(answer(status=422), problem=False), {"I9 not a problem document"}),
    (replace(answer(status=503), retry_after=False), {"I9 no Retry-After"}),
    (replace(answer(status=429), retry_after=False), {"I9 no Retry-After"}),
    (replace(answer(status=409), retry_after=False), {"I9 no Retry-After"}),
]


@pytest.mark.parametrize(("bad", "finds"), UNASHAMED)
def test_a_refusal_is_honest(bad: Answer, finds: set[str]) -> None:
    assert broken(history(answers=[bad])) == finds


@pytest.mark.parametrize("status", [0, 404, 409, 422, 429, 503])
def test_an_honest_refusal_breaks_nothing(status: int) -> None:
    assert broken(history(answers=[answer(status=status)])) == set()


def test_a_change_that_comes_too_late_need_not_come_again() -> None:
    too_late = replace(answer("cancel", status=409), retry_after=False)

    assert broken(history(answers=[too_late])) == set()
