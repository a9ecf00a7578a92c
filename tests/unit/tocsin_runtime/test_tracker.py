"""The watermark: everything below it is finished, and nothing finished is waited for."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin_runtime.kafka.tracker import Tracker


@given(
    start=st.integers(0, 50),
    gaps=st.lists(st.integers(1, 4), max_size=40),
    data=st.data(),
)
def test_everything_below_the_watermark_is_finished(start: int, gaps: list[int], data: st.DataObject) -> None:
    tracker = Tracker(start)
    offsets = [start + sum(gaps[: number + 1]) - 1 for number in range(len(gaps))]
    finished: set[int] = set()
    for offset in offsets:
        assert tracker.register(offset)
        for done in data.draw(st.sets(st.sampled_from(offsets[: offsets.index(offset) + 1]))):
            tracker.finish(done)
            finished.add(done)
        seen = [each for each in offsets if each <= offset]
        open_ones = [each for each in seen if each not in finished]
        assert tracker.watermark == (min(open_ones) if open_ones else seen[-1] + 1)


@given(st.permutations(range(10)))
def test_all_finished_in_any_order_is_all_committed(order: list[int]) -> None:
    tracker = Tracker(0)
    for offset in range(10):
        tracker.register(offset)

    for offset in order:
        tracker.finish(offset)

    assert tracker.uncommitted == 10
    tracker.committed(10)
    assert tracker.uncommitted is None


def test_a_record_seen_before_is_not_handled_twice() -> None:
    tracker = Tracker(5)
    tracker.register(5)

    assert not tracker.register(5)
    assert not tracker.register(4)


def test_a_record_finished_twice_counts_once() -> None:
    tracker = Tracker(0)
    tracker.register(0)
    tracker.finish(0)

    tracker.finish(0)

    assert tracker.watermark == 1


def test_nothing_received_is_nothing_to_commit() -> None:
    assert Tracker(7).uncommitted is None
    assert Tracker(7).watermark == 7
