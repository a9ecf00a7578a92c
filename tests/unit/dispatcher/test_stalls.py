"""A partition is stalled when its commit stands still although somebody waits for it."""

from datetime import timedelta

import pytest

from dispatcher.stalls import StallWatch


class Clock:
    """Stands still until moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> StallWatch:
    return StallWatch(patience=timedelta(seconds=60), clock=clock)


def test_one_that_moves_is_not_stalled(watch: StallWatch, clock: Clock) -> None:
    for commit in range(100):
        assert not watch.look(awaited={3}, committed={3: commit})
        clock.now += 10


def test_one_that_stands_still_is_told_once_in_that_time(watch: StallWatch, clock: Clock) -> None:
    told = []
    for _ in range(14):
        told.append(bool(watch.look(awaited={3, 4}, committed={4: int(clock.now)})))
        clock.now += 10

    assert [n for n, one in enumerate(told) if one] == [6, 13]


def test_one_that_nobody_waits_for_is_not_stalled(watch: StallWatch, clock: Clock) -> None:
    watch.look(awaited={3}, committed={})
    clock.now += 50
    watch.look(awaited=(), committed={})
    clock.now += 50

    assert not watch.look(awaited={3}, committed={})
