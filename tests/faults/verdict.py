"""What a run's folder says: findings, `report.json`, and the timeline page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tests.faults.checker import check, summary
from tests.faults.evidence.reading import read_history
from tests.faults.history import Finding
from tests.faults.reports.report import show_report, write_report
from tests.faults.reports.timeline import write_timeline


@dataclass(frozen=True, slots=True)
class About:
    """How the run was ordered."""

    seed: int
    minutes: float
    missing: Mapping[str, str]
    """Kinds of faults that this machine cannot have, and why."""


def findings_of(folder: Path) -> list[Finding]:
    """Check what a run wrote down."""
    return check(read_history(folder))


def judge(folder: Path, about: About, *, reports: Path, console: Console) -> list[Finding]:
    """Check it, print what was found, and write report and timeline into `reports`."""
    history = read_history(folder)
    findings = check(history)
    figures = summary(history, findings)
    write_report(
        reports,
        history=history,
        findings=findings,
        summary=figures,
        seed=about.seed,
        minutes=about.minutes,
        skipped=about.missing,
    )
    write_timeline(
        reports / "timeline.html", history=history, findings=findings, title=f"Faults, seed {about.seed}"
    )
    show_report(
        console,
        history=history,
        findings=findings,
        summary=figures,
        seed=about.seed,
        minutes=about.minutes,
        skipped=about.missing,
    )
    console.print(f"Report and timeline: {reports}", markup=False)
    return findings
