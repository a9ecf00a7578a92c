import json
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.faults.checks.summing import OfKind, Summary
from tests.faults.history import Dump, Finding, History, Injected
from tests.faults.reports.report import Verdict, show_report, write_report

TWICE = Finding(
    invariant="I2",
    rule="accepted twice",
    about="0199-1",
    says="2 accepts of [one] attempt",
    timeline=("+0.0 s born", "+1.2 s accepted [bold]"),
)


def test_the_report_has_every_figure_and_the_command_that_replays_the_run(tmp_path: Path) -> None:
    path = write_report(tmp_path / "faults", a_verdict(missing={"disk-full": "no file system of its own"}))

    assert path == tmp_path / "faults" / "report.json"
    assert json.loads(path.read_text()) == {
        "deliveries": 900,
        "faults": 3,
        "lost": 0,
        "duplicates": 2,
        "ambiguous": 4,
        "overruns": 0,
        "by_invariant": {},
        "by_kind_of_fault": {"kill": {"faults": 2, "findings": 0}},
        "recovery": {"p50_s": 1.235, "max_s": 8.0},
        "seed": 7,
        "minutes": 0.5,
        "replay": "make faults MINUTES=0.5 SEED=7",
        "skipped": {"disk-full": "no file system of its own"},
        "failed": {"stop": 1},
        "findings": [],
    }


def test_the_report_holds_each_finding_with_its_timeline(tmp_path: Path) -> None:
    path = write_report(tmp_path, a_verdict(TWICE))

    [finding] = json.loads(path.read_text())["findings"]
    assert finding["rule"] == "accepted twice"
    assert finding["timeline"] == ["+0.0 s born", "+1.2 s accepted [bold]"]


def test_a_run_in_which_nothing_came_back_has_no_recovery(tmp_path: Path) -> None:
    nothing = replace(FIGURES, recovery_p50=None, recovery_max=None)

    path = write_report(tmp_path, a_verdict(figures=nothing))

    assert json.loads(path.read_text())["recovery"] == {"p50_s": None, "max_s": None}
    assert "no recovery to measure" in shown(a_verdict(figures=nothing))


def test_a_run_without_findings_says_so_and_what_was_struck() -> None:
    text = shown(a_verdict(missing={"disk-full": "no [small] disk"}))

    assert "0 lost of 900 deliveries, 3 faults" in text
    assert "back after 1.2 s (median), 8.0 s at most" in text
    assert "1 could not be struck" in text
    assert "left out: no [small] disk" in text
    assert "Every promise was kept." in text
    assert "make faults" not in text


def test_a_failed_run_shows_findings_as_they_are_and_how_to_replay_it() -> None:
    text = shown(a_verdict(TWICE, figures=replace(FIGURES, by_invariant={"I2": 1})))

    assert "I2 accepted twice: 0199-1: 2 accepts of [one] attempt" in text
    assert "+1.2 s accepted [bold]" in text
    assert "Broken: I2 1. Again: make faults MINUTES=0.5 SEED=7" in text
    assert "Every promise" not in text


def test_very_many_findings_are_counted_not_shown() -> None:
    text = shown(a_verdict(*[TWICE] * 50))

    assert text.count("accepted twice") == 20
    assert "and 30 more findings in report.json" in text


FIGURES = Summary(
    deliveries=900,
    faults=3,
    lost=0,
    duplicates=2,
    ambiguous=4,
    overruns=0,
    by_invariant={},
    by_kind={"kill": OfKind(2, 0)},
    recovery_p50=1.23456,
    recovery_max=8.0,
)


REPLAY = "make faults MINUTES=0.5 SEED=7"


def shown(verdict: Verdict) -> str:
    page = StringIO()
    show_report(Console(file=page, width=120), verdict)
    return page.getvalue()


def a_verdict(
    *findings: Finding, figures: Summary | None = None, missing: Mapping[str, str] | None = None
) -> Verdict:
    return Verdict(
        a_history(), findings, figures or FIGURES, seed=7, minutes=0.5, replay=REPLAY, missing=missing or {}
    )


def a_history() -> History:
    return History(
        dump=Dump(at=60, alerts={}, deliveries={}, moves={}, facts={}, consents=(), contacts={}),
        faults=(
            Injected(kind="kill", began=1, ended=2, what={"service": "dispatcher"}),
            Injected(kind="kill", began=5, ended=6, what={"service": "email-worker"}),
            Injected(kind="stop", began=5, ended=6, what={"failed": "TimeoutError"}),
        ),
    )
