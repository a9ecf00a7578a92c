import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.faults.history import Dump, Finding, History, Injected
from tests.faults.reports.report import show_report, write_report

TWICE = Finding(
    invariant="I2",
    rule="accepted twice",
    about="0199-1",
    says="2 accepts of [one] attempt",
    timeline=("+0.0 s born", "+1.2 s accepted [bold]"),
)


def test_the_report_has_every_figure_and_the_command_that_replays_the_run(tmp_path: Path) -> None:
    path = write_report(
        tmp_path / "faults",
        history=a_history(),
        findings=[],
        summary=Figures(),
        seed=7,
        minutes=0.5,
        skipped={"disk-full": "no file system of its own"},
    )

    assert path == tmp_path / "faults" / "report.json"
    assert json.loads(path.read_text()) == {
        "deliveries": 900,
        "faults": 3,
        "lost": 0,
        "duplicates": 2,
        "ambiguous": 4,
        "overruns": 0,
        "by_invariant": {},
        "by_kind_of_fault": {"kill": 2, "stop": 1},
        "recovery": {"p50_s": 1.235, "max_s": 8.0},
        "seed": 7,
        "minutes": 0.5,
        "replay": "make faults MINUTES=0.5 SEED=7",
        "skipped": {"disk-full": "no file system of its own"},
        "failed": {"stop": 1},
        "findings": [],
    }


def test_the_report_holds_each_finding_with_its_timeline(tmp_path: Path) -> None:
    path = write_report(
        tmp_path, history=a_history(), findings=[TWICE], summary=Figures(), seed=7, minutes=1, skipped={}
    )

    [finding] = json.loads(path.read_text())["findings"]
    assert finding["rule"] == "accepted twice"
    assert finding["timeline"] == ["+0.0 s born", "+1.2 s accepted [bold]"]


def test_a_run_in_which_nothing_came_back_has_no_recovery(tmp_path: Path) -> None:
    nothing = replace(Figures(), recovery_p50=None, recovery_max=None)

    path = write_report(
        tmp_path, history=a_history(), findings=[], summary=nothing, seed=7, minutes=1, skipped={}
    )

    assert json.loads(path.read_text())["recovery"] == {"p50_s": None, "max_s": None}
    assert "no recovery to measure" in shown(summary=nothing)


def test_a_run_without_findings_says_so_and_what_was_struck() -> None:
    text = shown(skipped={"disk-full": "no [small] disk"})

    assert "0 lost of 900 deliveries, 3 faults" in text
    assert "back after 1.2 s (median), 8.0 s at most" in text
    assert "1 could not be struck" in text
    assert "left out: no [small] disk" in text
    assert "Every promise was kept." in text
    assert "make faults" not in text


def test_a_failed_run_shows_findings_as_they_are_and_how_to_replay_it() -> None:
    text = shown(TWICE, summary=replace(Figures(), by_invariant={"I2": 1}))

    assert "I2 accepted twice: 0199-1: 2 accepts of [one] attempt" in text
    assert "+1.2 s accepted [bold]" in text
    assert "Broken: I2 1. Again: make faults MINUTES=0.5 SEED=7" in text
    assert "Every promise" not in text


def test_very_many_findings_are_counted_not_shown() -> None:
    text = shown(*[TWICE] * 50)

    assert text.count("accepted twice") == 20
    assert "and 30 more findings in report.json" in text


@dataclass(frozen=True)
class Figures:
    deliveries: int = 900
    faults: int = 3
    lost: int = 0
    duplicates: int = 2
    ambiguous: int = 4
    overruns: int = 0
    by_invariant: Mapping[str, int] = field(default_factory=dict)
    by_kind: Mapping[str, int] = field(default_factory=lambda: {"kill": 2, "stop": 1})
    recovery_p50: float | None = 1.23456
    recovery_max: float | None = 8.0


def shown(
    *findings: Finding, summary: Figures | None = None, skipped: Mapping[str, str] | None = None
) -> str:
    page = StringIO()
    show_report(
        Console(file=page, width=120),
        history=a_history(),
        findings=findings,
        summary=summary or Figures(),
        seed=7,
        minutes=0.5,
        skipped=skipped or {},
    )
    return page.getvalue()


def a_history() -> History:
    return History(
        dump=Dump(at=60, alerts={}, deliveries={}, moves={}, facts={}, consents=(), contacts={}),
        faults=(
            Injected(kind="kill", began=1, ended=2, what={"service": "dispatcher"}),
            Injected(kind="kill", began=5, ended=6, what={"service": "email-worker"}),
            Injected(kind="stop", began=5, ended=6, what={"failed": "TimeoutError"}),
        ),
    )
