"""Breakers: what many outcomes say of a destination or an alert that one of them does not."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from tocsin_runtime.delivery.breakers import Breakers, Trip
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Reason
from tocsin_store.pauses import alert_route

OK = Outcome(OutcomeClass.OK)
DOWN = Outcome(OutcomeClass.RETRY_SAFE, Reason.DOMAIN_UNREACHABLE, scope=Scope.ROUTE)
LOST = Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST, scope=Scope.ROUTE)
REFUSED = Outcome(OutcomeClass.PERMANENT, Reason.POLICY, scope=Scope.ROUTE)
SPAM = Outcome(OutcomeClass.PERMANENT, Reason.SPAM, scope=Scope.ALERT)
FULL = Outcome(OutcomeClass.RETRY_SAFE, Reason.MAILBOX_FULL)
ALERT = uuid4()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    return Breakers(clock=clock)


@pytest.fixture
def note(breakers: Breakers) -> Callable[..., list[Trip]]:
    """Count so many outcomes; returns what opened."""

    def counted(
        outcome: Outcome, times: int = 1, *, route: str = "a.example", alert: UUID = ALERT
    ) -> list[Trip]:
        for _ in range(times):
            breakers.note(outcome, route=route, alert_id=alert)
        return breakers.taken()

    return counted


Note = Callable[..., list[Trip]]


@pytest.mark.parametrize("fault", [DOWN, LOST])
def test_five_faults_in_a_row_open_a_destination(note: Note, fault: Outcome) -> None:
    before, after = note(fault, 4), note(fault)

    assert before == []
    assert [(trip.route, trip.reason) for trip in after] == [("a.example", fault.reason)]


@pytest.mark.parametrize("between", [OK, FULL])
def test_a_destination_that_answers_in_between_stays_open_to_us(note: Note, between: Outcome) -> None:
    opened = [*note(DOWN, 4), *note(between), *note(DOWN, 4)]

    assert opened == []


def test_destinations_are_counted_apart(note: Note) -> None:
    assert [*note(DOWN, 4), *note(DOWN, 4, route="b.example")] == []


def test_after_a_breaker_has_opened_it_counts_anew(note: Note) -> None:
    note(DOWN, 5)

    assert (note(DOWN, 4), len(note(DOWN))) == ([], 1)


def test_refusals_by_policy_open_a_destination_by_their_share(note: Note) -> None:
    note(OK, 100)

    before, after = note(REFUSED, 5), note(REFUSED)

    assert before == []
    assert [trip.reason for trip in after] == [Reason.POLICY]


def test_fewer_than_five_refusals_say_nothing(note: Note) -> None:
    assert (note(REFUSED, 4), len(note(REFUSED))) == ([], 1)


def test_what_went_well_long_ago_does_not_hide_what_is_refused_now(note: Note) -> None:
    note(OK, 100_000)

    assert note(REFUSED, 60) != []


def test_more_than_two_of_a_hundred_called_spam_hold_the_alert(note: Note) -> None:
    for number in range(300):
        note(OK, route=f"{number}.example")

    before, after = note(SPAM, 6), note(SPAM)

    assert before == []
    assert [(trip.route, trip.reason) for trip in after] == [(alert_route(ALERT), Reason.SPAM)]


def test_alerts_are_counted_apart(note: Note) -> None:
    assert [*note(SPAM, 4), *note(SPAM, 4, alert=uuid4())] == []


@pytest.mark.parametrize("of", [OutcomeClass.PAUSE, OutcomeClass.DEFECT, OutcomeClass.LATE])
def test_what_has_a_hold_of_its_own_or_was_not_tried_is_not_counted(note: Note, of: OutcomeClass) -> None:
    note(DOWN, 4)

    assert note(Outcome(of, Reason.DOMAIN_SLOW, scope=Scope.ROUTE), 10) == []
    assert len(note(DOWN)) == 1


def test_three_slow_hand_overs_within_half_a_minute_open_a_destination(
    breakers: Breakers, clock: Clock
) -> None:
    for now in (0.0, 31.0, 32.0):
        clock.now = now
        breakers.slow("a.example")
    before = breakers.taken()
    clock.now = 33.0

    breakers.slow("a.example")

    assert before == []
    assert [(trip.route, trip.reason) for trip in breakers.taken()] == [("a.example", Reason.DOMAIN_SLOW)]


def test_what_has_opened_is_told_once(breakers: Breakers) -> None:
    for _ in range(3):
        breakers.slow("a.example")

    assert (len(breakers.taken()), breakers.taken()) == (1, [])


def test_memory_is_bounded_and_the_least_recently_seen_goes(note: Note) -> None:
    note(DOWN, 4)
    for number in range(4_096):
        note(OK, route=f"{number}.example", alert=uuid4())

    assert note(DOWN) == []


def test_a_message_called_malformed_twice_is_at_fault_alone(breakers: Breakers) -> None:
    malformed = Outcome(OutcomeClass.DEFECT, Reason.MESSAGE_DEFECT, scope=Scope.ALERT)
    one, other = uuid4(), uuid4()

    judged = [breakers.judged(malformed, delivery=each) for each in (one, other, one)]

    alone = Outcome(OutcomeClass.PERMANENT, Reason.MESSAGE_DEFECT)
    assert judged == [malformed, malformed, alone]


def test_an_alert_that_cannot_be_rendered_is_never_one_members_fault(breakers: Breakers) -> None:
    broken, one = Outcome(OutcomeClass.DEFECT, Reason.RENDERING, scope=Scope.ALERT), uuid4()

    assert [breakers.judged(broken, delivery=one) for _ in range(3)] == [broken] * 3


def test_a_destination_that_takes_messages_meanwhile_is_not_too_slow(breakers: Breakers, note: Note) -> None:
    for _ in range(10):
        breakers.slow("a.example")
        breakers.slow("a.example")
        note(OK)

    assert breakers.taken() == []
