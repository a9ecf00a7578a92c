"""Turns: what fits into one, what is learned, and how well the ledger's clock is known."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_runtime.delivery.pace import LedgerOffset
from tocsin_runtime.delivery.parcels import Parcel
from tocsin_runtime.delivery.punctuality import Punctuality
from tocsin_runtime.delivery.sender_queue import AlertQueue, Held, SenderQueue
from tocsin_runtime.kafka.taken import Taken
from tocsin_store.pace import Standing

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OK = Outcome(OutcomeClass.OK, segments=2)
NO_ROOM = Outcome(OutcomeClass.LATE, scope=Scope.ROUTE)
LATE = Outcome(OutcomeClass.LATE)


class Nobody:
    """Owns records that nobody takes away."""

    def admits(self, epoch: int) -> bool:
        return epoch == 1

    async def idle(self) -> None:
        """Nothing to stay in."""

    def released(self, taken: Taken, *, epoch: int, finished: bool) -> None:
        """Nobody cares."""


def queued(queue: SenderQueue, number: int, count: int, *, hours: int = 6, each: float = 1.0) -> AlertQueue:
    """So many deliveries of an alert that expires in so many hours."""
    expires_at = NOON + timedelta(hours=hours)
    standing = Standing(version=1, live=True, expires_at=expires_at, sender="Fire", segments_per_s=10)
    alert = queue.of(UUID(int=number), standing)
    parcel = Parcel(Taken("t", 0, 0, None, None, Nobody(), 1))
    alert.each = each
    alert.held.extend(Held(UUID(int=1_000 * number + n), parcel, 0.0) for n in range(count))
    return alert


def shared(queue: SenderQueue, segments: int) -> list[tuple[int, int, int]]:
    """Alert, how many deliveries, how many segments."""
    shares = queue.shares(segments, most=1_000)
    return [(share.alert.alert_id.int, len(share.held), share.segments) for share in shares]


def test_who_expires_first_has_the_turn_and_the_next_what_is_left_of_it() -> None:
    queue = SenderQueue("Fire")
    queued(queue, 1, 50, hours=6)
    queued(queue, 2, 4, hours=1)

    assert shared(queue, 10) == [(2, 4, 4), (1, 6, 6)]


@pytest.mark.parametrize(("each", "count"), [(1.0, 10), (3.0, 3), (1.4, 7), (12.0, 1)])
def test_as_many_go_as_fit_and_at_least_one(each: float, count: int) -> None:
    queue = SenderQueue("Fire")
    queued(queue, 1, 50, each=each)

    assert shared(queue, 10) == [(1, count, 10)]


def test_a_turn_is_not_taken_for_what_nothing_is_known_of() -> None:
    queue = SenderQueue("Fire")
    queued(queue, 1, 5, each=0.0)

    assert shared(queue, 10) == []


@pytest.mark.parametrize(("outcomes", "each"), [([OK] * 200, 2.0), ([NO_ROOM], 4.0), ([OK, NO_ROOM], 1.1)])
def test_what_was_sent_and_what_did_not_fit_correct_the_estimate(
    outcomes: Sequence[Outcome], each: float
) -> None:
    alert = queued(SenderQueue("Fire"), 1, 5)

    alert.learn(outcomes, segments=3)

    assert alert.each == pytest.approx(each, abs=0.01)


def test_no_more_messages_go_in_a_turn_than_can_be_begun_in_it() -> None:
    queue = SenderQueue("Fire")
    queued(queue, 1, 50)

    assert [len(share.held) for share in queue.shares(40, most=7)] == [7]


@pytest.mark.parametrize(
    ("outcomes", "most"), [([OK] * 8 + [LATE] * 12, 10), ([LATE] * 20, 100), ([OK] * 20, 126)]
)
def test_a_turn_that_ended_too_soon_takes_fewer_the_next_time(outcomes: Sequence[Outcome], most: int) -> None:
    punctuality = Punctuality(most=100)

    punctuality.learn(outcomes)

    assert punctuality.most == most


def test_turns_that_are_missed_get_longer_then_smaller_and_shorter_again_when_none_is() -> None:
    punctuality = Punctuality()

    for _ in range(8):
        punctuality.learn([LATE] * 40)
    longest, least = punctuality.slack, punctuality.most
    for _ in range(40):
        punctuality.learn([OK])

    assert (longest, least < 40, punctuality.slack) == (1.0, True, 0.0)


@pytest.mark.parametrize("untried", [NO_ROOM, Outcome(OutcomeClass.OCCUPIED), Outcome(OutcomeClass.NEEDLESS)])
def test_what_nobody_tried_tells_nothing_of_punctuality(untried: Outcome) -> None:
    punctuality = Punctuality()

    punctuality.learn([LATE])
    missed = punctuality.slack
    punctuality.learn([untried, LATE])
    twice = punctuality.slack
    punctuality.learn([untried])

    assert 0 < missed < twice == punctuality.slack


@given(
    ahead=st.floats(-1e6, 1e6),
    answers=st.lists(st.tuples(st.floats(0, 0.2), st.floats(0, 0.2)), min_size=1, max_size=60),
)
def test_the_ledgers_clock_is_between_the_bounds(ahead: float, answers: list[tuple[float, float]]) -> None:
    offset, at = LedgerOffset(), 0.0

    for there, back in answers:
        asked_at, answered_at, heard_at = at, at + there, at + there + back
        least, most = offset.heard(answered_at + ahead, asked_at=asked_at, heard_at=heard_at)
        at = heard_at + 1

        assert least - 1e-6 <= ahead <= most + 1e-6
        assert most - least <= there + back + 1e-6


def test_a_clock_that_was_set_is_believed_anew() -> None:
    offset = LedgerOffset()
    offset.heard(100.0, asked_at=0.0, heard_at=0.1)

    assert offset.heard(161.0, asked_at=1.0, heard_at=1.1) == pytest.approx((159.9, 160.0))
