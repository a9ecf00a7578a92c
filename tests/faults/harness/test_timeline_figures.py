import pytest

from tests.faults.harness.made_up_runs import START, a_dump, a_history
from tests.faults.history import History, Injected
from tests.faults.reports.timeline_figures import Series, Span, accepts, answers, span_of, states, work
from tests.faults.reports.timeline_shapes import chart, hours, ticks

SPAN = Span(start=START, bins=10, width=1)


def test_accepts_are_counted_by_second_and_those_again_apart() -> None:
    history = a_history()

    first, again = accepts(history, SPAN)

    assert first.values == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert again.values == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_states_and_work_are_what_they_were_at_the_end_of_each_second() -> None:
    history = a_history()

    assert states(history, SPAN) == (
        Series("sent", [0, 0, 1, 2, 2, 2, 2, 2, 2, 2]),
        Series("pending", [2, 2, 1, 0, 0, 0, 0, 0, 0, 0]),
    )
    assert work(history, SPAN) == (
        Series("claimed", [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
        Series("waiting", [2, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    )


def test_answers_are_told_apart_from_refusals_and_silence() -> None:
    done, refused, silent = answers(a_history(), SPAN)

    assert (sum(done.values), sum(refused.values), sum(silent.values)) == (3, 1, 1)


@pytest.mark.parametrize(
    ("seconds", "bins", "width"),
    [(0, 1, 1), (9.5, 10, 1), (899, 899, 1), (1_000, 500, 2), (86_400, 720, 120)],
)
def test_a_longer_run_has_wider_bins(seconds: float, bins: int, width: int) -> None:
    fault = Injected(kind="kill", began=START, ended=START + seconds)

    span = span_of(History(dump=a_dump({}), faults=(fault,)))

    assert span == Span(start=START, bins=bins, width=width)


def test_series_are_drawn_on_top_of_each_other_to_the_full_height() -> None:
    below, above = Series("sent", [0, 1, 1]), Series("pending", [4, 1, 3])

    drawn = chart("deliveries", [below, above], span=Span(start=0, bins=3, width=1))

    assert drawn.peak == 4
    assert [(one.name, one.path) for one in drawn.layers] == [
        ("pending", "M0 1000V0H1V500H2V0H3V1000Z"),
        ("sent", "M0 1000V1000H1V750H3V1000Z"),
    ]


def test_ticks_that_would_cover_each_other_are_one() -> None:
    assert ticks([START + 1, START + 1.01, START + 5.5], span=SPAN) == "M1 0V1000M5.5 0V1000"


@pytest.mark.parametrize("seconds", [1, 7, 59, 60, 601, 7_000, 90_000])
def test_an_axis_has_a_handful_of_figures_and_some_between_them(seconds: int) -> None:
    axis = hours(Span(start=0, bins=seconds, width=1))

    assert 1 <= sum(hour.coarse for hour in axis) <= 7
    assert len(axis) <= 42
