"""A cap holds over all processes: each has its share, and none before it is known how many there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from email_worker.domain_caps import Allowance, DomainCaps
from email_worker.settings import DomainCap


class Crowd:
    """So many processes, of which this is one."""

    def __init__(self, rank: int, processes: int) -> None:
        self._share = rank, processes

    def share(self) -> tuple[int, int]:
        return self._share


def an_allowance(
    rank: int = 0, processes: int = 1, *, connections: int | None = None, messages_per_s: float | None = None
) -> Allowance:
    caps = DomainCaps({"a.example": DomainCap(connections=connections, messages_per_s=messages_per_s)})
    caps.shares = Crowd(rank, processes)
    allowance = caps.of("a.example")
    assert allowance is not None
    return allowance


@given(cap=st.integers(1, 50), processes=st.integers(1, 20))
def test_the_shares_of_all_processes_are_the_cap(cap: int, processes: int) -> None:
    rooms = [an_allowance(rank, processes, connections=cap).room(0) for rank in range(processes)]

    assert sum(rooms) == cap
    assert max(rooms) - min(rooms) <= 1


def test_until_it_is_known_how_many_there_are_nothing_goes() -> None:
    assert not an_allowance(0, 0, connections=5).begin(0)


def test_what_is_in_flight_takes_room_until_it_ends() -> None:
    allowance = an_allowance(connections=1)

    assert allowance.begin(0)
    assert not allowance.begin(0)
    allowance.end()
    assert allowance.begin(0)


@pytest.mark.parametrize("processes", [1, 4])
def test_messages_a_second_are_shared_and_not_saved_up(processes: int) -> None:
    allowance = an_allowance(processes=processes, messages_per_s=40)
    began = 0
    for tick in range(1_000, 1_100):  # ten seconds after a long rest, looked at every tenth
        while allowance.begin(tick / 10):
            allowance.end()
            began += 1

    assert 390 / processes <= began <= 410 / processes


def test_a_star_stands_for_every_domain_that_is_not_named() -> None:
    caps = DomainCaps({"big.example": DomainCap(connections=9), "*": DomainCap(connections=1)})
    caps.shares = Crowd(0, 1)
    rooms = [found.room(0) for name in ("big.example", "a.example", "b.example") if (found := caps.of(name))]

    assert rooms == [9, 1, 1]
    assert caps.of("a.example") is caps.of("a.example")
    assert DomainCaps({}).of("a.example") is None
