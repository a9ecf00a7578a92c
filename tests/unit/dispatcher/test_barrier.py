"""How the merge stands to a barrier: reached, or not, or the barrier speaks of a log that is no more."""

from collections.abc import Mapping

import pytest

from dispatcher.barrier import MergePosition, Passage

BARRIER = {0: 10, 1: 0}


@pytest.mark.parametrize(
    ("merged", "first", "end", "passage"),
    [
        pytest.param({0: 9}, 0, 10, Passage.AHEAD, id="one receipt is not merged"),
        pytest.param({}, 0, 10, Passage.AHEAD, id="nothing was ever merged"),
        pytest.param({0: 10}, 0, 10, Passage.PASSED, id="all are merged"),
        pytest.param({0: 12}, 0, 15, Passage.PASSED, id="and more"),
        pytest.param({0: 4}, 10, 10, Passage.PASSED, id="the log has lost what was not merged"),
        pytest.param({0: 4}, 8, 10, Passage.AHEAD, id="the log has lost some of it"),
        pytest.param({0: 10}, 0, 3, Passage.VOID, id="the topic was made anew"),
        pytest.param({0: 3}, 0, 3, Passage.VOID, id="and the merge is at its end"),
        pytest.param({0: 40}, 0, 12, Passage.AHEAD, id="the merge still stands in the old one"),
    ],
)
def test_passage(merged: Mapping[int, int], first: int, end: int, passage: Passage) -> None:
    position = MergePosition(merged, first={0: first, 1: 0}, end={0: end, 1: 0})

    assert position.passage(BARRIER) is passage
