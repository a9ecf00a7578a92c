"""No domain has all connections: a new one a quarter, one that has proven fast three quarters."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from email_worker.backlog import Backlog
from email_worker.domain_caps import DomainCaps
from email_worker.job import Message
from email_worker.settings import DomainCap
from tests.support.batches import a_job
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass

DONE = Outcome(OutcomeClass.OK)


def a_backlog(*domains: str, connections: int = 20) -> Backlog:
    backlog = Backlog(connections=connections, caps=DomainCaps({}))
    backlog.put(a_job(*domains).messages)
    return backlog


def all_that_may_go(backlog: Backlog) -> list[Message]:
    taken = []
    while (message := backlog.take()) is not None:
        taken.append(message)
    return taken


def the_next(backlog: Backlog) -> Message:
    message = backlog.take()
    assert message is not None
    return message


def proven(backlog: Backlog, domain: str, *, answers: int = 50) -> None:
    """Let a domain answer fast, as often as it takes to be trusted."""
    backlog.put(a_job(*[domain] * answers).messages)
    for _ in range(answers):
        backlog.release(the_next(backlog), fast=True)


@pytest.mark.parametrize(("connections", "share"), [(1, 1), (2, 1), (4, 1), (5, 2), (20, 5)])
def test_a_domain_nobody_knows_has_a_quarter(connections: int, share: int) -> None:
    backlog = a_backlog(*["new.example"] * 40, connections=connections)

    assert len(all_that_may_go(backlog)) == share


@pytest.mark.parametrize(("connections", "share"), [(1, 1), (2, 1), (4, 3), (20, 15)])
def test_a_domain_that_has_proven_fast_has_three_quarters(connections: int, share: int) -> None:
    backlog = a_backlog(connections=connections)
    proven(backlog, "fast.example")
    backlog.put(a_job(*["fast.example"] * 40).messages)

    assert len(all_that_may_go(backlog)) == share


def test_one_slow_answer_and_it_has_to_prove_itself_again() -> None:
    backlog = a_backlog()
    proven(backlog, "fast.example")
    backlog.put(a_job(*["fast.example"] * 41).messages)
    first = the_next(backlog)

    backlog.release(first, fast=False)

    assert len(all_that_may_go(backlog)) == 5


def test_what_was_not_asked_says_nothing_about_a_domain() -> None:
    backlog = a_backlog()
    proven(backlog, "fast.example")
    backlog.put(a_job(*["fast.example"] * 41).messages)
    first = the_next(backlog)

    backlog.release(first, fast=None)

    assert len(all_that_may_go(backlog)) == 15


@pytest.mark.parametrize("trusted", [True, False])
def test_only_what_waits_for_a_domain_that_is_not_trusted_is_called_put_aside(*, trusted: bool) -> None:
    backlog = a_backlog()
    if trusted:
        proven(backlog, "home.example")
    job = a_job(*["home.example"] * 30)
    backlog.put(job.messages)
    all_that_may_go(backlog)

    assert {message.put_aside for message in job.messages if message.waiting} == {not trusted}


def test_others_go_past_a_domain_at_its_limit() -> None:
    backlog = a_backlog(*["dead.example"] * 30, *["home.example"] * 2)

    went = Counter(message.domain for message in all_that_may_go(backlog))

    assert went == {"dead.example": 5, "home.example": 2}


def test_who_was_put_aside_goes_first_when_there_is_room() -> None:
    backlog = a_backlog(*["dead.example"] * 6, connections=4)
    first = the_next(backlog)
    assert backlog.take() is None
    backlog.put(a_job("home.example").messages)

    freed = backlog.release(first, fast=False)

    assert freed == 1
    assert [message.domain for message in all_that_may_go(backlog)] == ["dead.example", "home.example"]


def test_what_is_late_is_forgotten() -> None:
    backlog = a_backlog(connections=4)
    job = a_job(*["dead.example"] * 3)
    backlog.put(job.messages)
    first = the_next(backlog)
    assert backlog.take() is None
    for message in job.messages[1:]:
        message.settle(DONE)

    assert backlog.tick() == 0
    assert backlog.release(first, fast=True) == 0
    assert backlog.take() is None


def test_drained_all_that_wait_come_out_once() -> None:
    backlog = a_backlog(*["dead.example"] * 9, *["home.example"] * 9)
    taken = [backlog.take(), *[backlog.take() for _ in range(5)]]

    waiting = backlog.drain()

    assert len({*taken, *waiting} - {None}) == 18
    assert backlog.take() is None


def test_a_capped_domain_has_no_more_than_its_cap_and_gives_back() -> None:
    caps = DomainCaps({"small.example": DomainCap(connections=2)})
    caps.shares = _Alone()
    backlog = Backlog(connections=20, caps=caps)
    backlog.put(a_job(*["small.example"] * 9).messages)

    first, second = all_that_may_go(backlog)
    backlog.release(first, fast=True)

    assert len(all_that_may_go(backlog)) == 1
    backlog.release(second, fast=True)
    assert len(all_that_may_go(backlog)) == 1


class _Alone:
    def share(self) -> tuple[int, int]:
        return 0, 1


NOW = float("-inf")


def behind(backlog: Backlog, current: Message) -> str | None:
    message = backlog.take_behind(current, begin_by=NOW)
    return None if message is None else message.domain


def test_behind_one_of_a_trusted_domain_goes_the_next_of_a_trusted_one() -> None:
    backlog = a_backlog()
    proven(backlog, "fast.example")
    proven(backlog, "other.example")
    backlog.put(a_job("fast.example", "fast.example", "other.example", "new.example").messages)
    first = the_next(backlog)

    assert [behind(backlog, first) for _ in range(3)] == ["fast.example", "other.example", None]
    assert the_next(backlog).domain == "new.example"


def test_behind_one_that_may_take_long_goes_nobody() -> None:
    backlog = a_backlog()
    proven(backlog, "fast.example")
    backlog.put(a_job("new.example", "fast.example").messages)

    assert behind(backlog, the_next(backlog)) is None


def test_whoever_would_be_late_goes_behind_nobody() -> None:
    backlog = a_backlog()
    proven(backlog, "fast.example")
    backlog.put(a_job("fast.example").messages)
    first = the_next(backlog)
    backlog.put(a_job("fast.example", begin_by=1.0).messages)

    assert backlog.take_behind(first, begin_by=2.0) is None


def test_a_domain_at_its_limit_goes_on_behind_its_own_alone() -> None:
    backlog = a_backlog(connections=4)
    proven(backlog, "fast.example")
    proven(backlog, "other.example")
    backlog.put(a_job("other.example", *["fast.example"] * 5).messages)
    other, first, *_ = all_that_may_go(backlog)

    assert behind(backlog, other) is None
    assert [behind(backlog, first) for _ in range(3)] == ["fast.example", "fast.example", None]


@given(
    domains=st.lists(st.sampled_from(["a.example", "b.example", "c.example"]), max_size=60),
    steps=st.lists(st.tuples(st.booleans(), st.sampled_from([True, False, None])), max_size=120),
    connections=st.integers(1, 12),
)
def test_whatever_happens_each_message_goes_once_and_no_domain_has_more_than_its_share(
    domains: list[str], steps: list[tuple[bool, bool | None]], connections: int
) -> None:
    backlog = a_backlog(*domains, connections=connections)
    went: list[Message] = []
    open_: list[Message] = []
    for take, fast in steps:
        message = backlog.take() if take and len(open_) < connections else None
        if message is not None:
            went.append(message)
            open_.append(message)
        elif open_:
            backlog.release(open_.pop(0), fast=fast)
        assert all(count <= max(1, -(-connections // 4)) for count in _by_domain(open_).values())

    while open_ or (rest := all_that_may_go(backlog)):
        went += rest if not open_ else []
        open_ += rest if not open_ else []
        backlog.release(open_.pop(), fast=None)

    assert len(went) == len(set(went)) == len(domains)


def _by_domain(messages: list[Message]) -> Counter[str]:
    return Counter(message.domain for message in messages)
