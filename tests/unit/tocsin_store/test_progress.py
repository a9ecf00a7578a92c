"""The rate of hand-overs, from a histogram of times since acceptance."""

from datetime import timedelta

import pytest

from tocsin_store.progress import rate_per_s

TEN_SECONDS = timedelta(seconds=10)  # falls into bucket 14, whose upper bound is 12.8 s


def test_the_rate_is_that_of_the_latter_half() -> None:
    # Buckets 13 and 14 begin at 6.4 s: 360 in the 3.6 s since.
    assert rate_per_s({2: 5000, 13: 180, 14: 180}, elapsed=TEN_SECONDS) == pytest.approx(100)


@pytest.mark.parametrize("histogram", [{}, {2: 5000}, {13: 0}])
def test_nothing_lately_is_no_rate(histogram: dict[int, int]) -> None:
    assert rate_per_s(histogram, elapsed=TEN_SECONDS) is None


@pytest.mark.parametrize("elapsed", [timedelta(0), timedelta(seconds=-1), timedelta(milliseconds=1)])
def test_the_first_moment_has_a_rate_too(elapsed: timedelta) -> None:
    assert rate_per_s({0: 7}, elapsed=elapsed) == pytest.approx(70)
