"""When a provider is to be left alone, and for how long."""

from datetime import timedelta

import pytest

from tocsin_providers.http.trouble import FAULTS, Rest, Trouble
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason

OK = Outcome(OutcomeClass.OK)
LOST = Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST)
REFUSED = Outcome(OutcomeClass.PAUSE, Reason.CONFIGURATION, "401", Scope.CHANNEL, lasts=timedelta(seconds=30))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def rests(trouble: Trouble, *outcomes: Outcome) -> list[Rest]:
    return [rest for outcome in outcomes if (rest := trouble.note(outcome)) is not None]


def test_a_refusal_of_ours_rests_as_long_as_it_says() -> None:
    assert rests(Trouble(), REFUSED) == [Rest(Reason.CONFIGURATION, timedelta(seconds=30))]


@pytest.mark.parametrize("scope", [Scope.SENDER, Scope.ROUTE])
def test_what_an_agency_or_a_country_is_at_fault_for_is_not_the_provider(scope: Scope) -> None:
    assert rests(Trouble(), Outcome(OutcomeClass.PAUSE, Reason.SENDER_REFUSED, scope=scope)) == []


def test_several_lost_answers_in_a_row_are_trouble() -> None:
    trouble = Trouble(clock=Clock())

    assert rests(trouble, *[LOST] * (FAULTS - 1), OK, *[LOST] * (FAULTS - 1)) == []
    assert rests(trouble, LOST) == [Rest(Reason.CONNECTION_LOST, timedelta(seconds=1))]


def test_over_a_long_time_they_are_not() -> None:
    clock = Clock()
    trouble = Trouble(clock=clock)

    for _ in range(3 * FAULTS):
        assert rests(trouble, LOST) == []
        clock.now += 10


def test_each_rest_is_longer_until_something_goes_well() -> None:
    clock = Clock()
    trouble = Trouble(clock=clock)
    seconds: list[float] = []
    for _ in range(8):
        clock.now += 100
        (rest,) = rests(trouble, *[LOST] * FAULTS)
        seconds.append(rest.lasts.total_seconds() if rest.lasts else 0)
    trouble.note(OK)
    clock.now += 100
    (after,) = rests(trouble, *[LOST] * FAULTS)

    assert seconds == [1, 2, 4, 8, 16, 32, 60, 60]
    assert after.lasts == timedelta(seconds=1)


def test_what_fails_during_a_rest_does_not_prolong_it() -> None:
    trouble = Trouble(clock=Clock())

    assert len(rests(trouble, *[LOST] * 4 * FAULTS)) == 1


def test_only_a_long_wait_is_spent_elsewhere() -> None:
    short, long = (
        Outcome(OutcomeClass.RETRY_SAFE, Reason.THROTTLED, lasts=timedelta(seconds=seconds))
        for seconds in (2, 60)
    )

    assert rests(Trouble(), short) == []
    assert rests(Trouble(), long) == [Rest(Reason.THROTTLED, timedelta(seconds=60))]
