"""A provider gets as many requests as it bears, and is left alone for as long as it asks."""

from datetime import timedelta

from tocsin_providers.http.throttle import Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def begun(throttle: Throttle) -> list[float]:
    """As many as may begin."""
    moments: list[float] = []
    while (moment := throttle.begin()) is not None:
        moments.append(moment)
    return moments


def test_all_may_begin_at_first_and_no_more() -> None:
    throttle = Throttle(8, clock=Clock())

    assert len(begun(throttle)) == 8


def test_too_many_halves_once_for_all_that_were_under_way() -> None:
    clock = Clock()
    throttle = Throttle(8, clock=clock)
    moments = begun(throttle)
    clock.now += 1

    for moment in moments:
        throttle.end(moment, throttled=True)

    assert throttle.limit == 4
    assert len(begun(throttle)) == 4


def test_it_never_stops_altogether() -> None:
    clock = Clock()
    throttle = Throttle(8, clock=clock)

    for _ in range(10):
        clock.now += 1
        for moment in begun(throttle):
            throttle.end(moment, throttled=True)

    assert throttle.limit == 1


def test_it_grows_by_one_a_round_up_to_the_most() -> None:
    clock = Clock()
    throttle = Throttle(8, clock=clock)
    moments = begun(throttle)
    clock.now += 1
    for moment in moments:
        throttle.end(moment, throttled=True)

    limits = []
    for _ in range(8):
        for moment in begun(throttle):
            throttle.end(moment)
        limits.append(throttle.limit)

    assert limits == sorted(limits)
    assert limits[0] in {4, 5}
    assert limits[-1] == 8


def test_nothing_begins_before_it_may() -> None:
    clock = Clock()
    throttle = Throttle(8, clock=clock)
    (moment, *_) = begun(throttle)

    throttle.end(moment, throttled=True, wait=timedelta(seconds=7))

    assert throttle.closed_for == 7
    assert begun(throttle) == []
    clock.now += 7
    assert throttle.closed_for == 0
