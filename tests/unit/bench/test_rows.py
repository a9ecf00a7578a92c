import json
from pathlib import Path

from tests.bench.rows import Row, medians, verdict, write


def run_of(rate: float, *, ceiling: float) -> list[Row]:
    ratio = rate / ceiling
    return [Row("worker", rate, "deliveries/s", ceiling, ratio, "≥ 0.5", ratio >= 0.5)]


def test_several_runs_are_their_medians_and_keep_each_figure() -> None:
    runs = [run_of(30, ceiling=100), run_of(60, ceiling=100), run_of(70, ceiling=200)]

    (row,) = medians(runs)

    assert (row.figure, row.ceiling, row.ratio) == (60, 100, 0.35)
    assert (row.figures, row.ratios) == ([30, 60, 70], [0.3, 0.6, 0.35])


def test_a_goal_is_met_where_most_runs_met_it() -> None:
    seldom = [run_of(60, ceiling=100), run_of(30, ceiling=100), run_of(40, ceiling=100)]
    mostly = [run_of(60, ceiling=100), run_of(30, ceiling=100), run_of(50, ceiling=100)]

    verdicts = [medians(runs)[0].met for runs in (seldom, mostly)]

    assert verdicts == [False, True]


def test_a_single_run_is_itself() -> None:
    run = [*run_of(30, ceiling=100), Row("hot", 0.95, "share")]

    assert medians([run]) == run


def test_what_was_missed_is_named_with_its_goal() -> None:
    rows = [*run_of(30, ceiling=100), Row("hot", 0.95, "share", goal="≥ 0.9", met=True), Row("p50", 1.0, "s")]

    lines = verdict(rows)

    assert lines == ["1 of 2 goals met.", "Not met: worker 30 deliveries/s, ratio 0.3 (goal: ≥ 0.5)"]


def test_the_file_says_what_was_measured_and_where(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"

    write(run_of(60, ceiling=100), path=path, about={"commit": "abc"})

    written = json.loads(path.read_text())
    assert written["commit"] == "abc"
    assert written["rows"][0]["met"] is True
