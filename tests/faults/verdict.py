"""What a run's folder says: findings, `report.json`, and the timeline page."""

import json
from pathlib import Path

from rich.console import Console

from tests.faults.checker import check, summary
from tests.faults.evidence.reading import read_history
from tests.faults.history import Finding
from tests.faults.reports.report import Verdict, show_report, write_report
from tests.faults.reports.timeline import write_timeline
from tests.faults.run import ORDERED


def findings_of(folder: Path) -> list[Finding]:
    """Check what a run wrote down."""
    return check(read_history(folder))


def judged(folder: Path) -> Verdict:
    """Check it, and say how it was ordered."""
    ordered = json.loads((folder / ORDERED).read_text())
    history = read_history(folder)
    findings = check(history)
    return Verdict(history, findings, summary(history, findings), **ordered)


def tell(verdict: Verdict, *, reports: Path, console: Console) -> None:
    """Write report and timeline, and print what was found."""
    write_report(reports, verdict)
    write_timeline(
        reports / "timeline.html",
        history=verdict.history,
        findings=verdict.findings,
        title=f"Faults, seed {verdict.seed}",
    )
    show_report(console, verdict)
    console.print(f"Report and timeline: {reports}", markup=False)
