"""What a run found: `report.json` for programs, a table and the findings for people."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.faults.checks.summing import Summary
from tests.faults.history import Finding, History

SHOWN = 20
"""So many findings are printed; the file has all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A run that was checked."""

    history: History
    findings: Sequence[Finding]
    figures: Summary
    seed: int
    minutes: float
    """How long faults were struck."""
    replay: str
    """The command that strikes the same faults again."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Kinds of faults that this machine cannot have, and why."""

    @property
    def failed(self) -> dict[str, int]:
        """How many strikes of a kind could not be done."""
        return dict(Counter(fault.kind for fault in self.history.faults if "failed" in fault.what))


def write_report(folder: Path, verdict: Verdict) -> Path:
    """Write `report.json` into the folder (usually `.tocsin/faults`), made if need be, and return where it is."""
    figures = verdict.figures
    return _write(
        folder / "report.json",
        {
            "deliveries": figures.deliveries,
            "faults": figures.faults,
            "lost": figures.lost,
            "duplicates": figures.duplicates,
            "ambiguous": figures.ambiguous,
            "overruns": figures.overruns,
            "by_invariant": figures.by_invariant,
            "by_kind_of_fault": figures.by_kind,
            "recovery": {"p50_s": _rounded(figures.recovery_p50), "max_s": _rounded(figures.recovery_max)},
            "seed": verdict.seed,
            "minutes": verdict.minutes,
            "replay": verdict.replay,
            "skipped": verdict.missing,
            "failed": verdict.failed,
            "findings": [asdict(finding) for finding in verdict.findings],
        },
    )


def show_report(console: Console, verdict: Verdict) -> None:
    """Print what was struck, what came of it, and on failure what was found and how to see it again."""
    findings = verdict.findings
    console.print(_faults(verdict))
    _say(console, _verdict(verdict.figures))
    for number, finding in enumerate(findings[:SHOWN], start=1):
        _show_finding(console, finding, number=number)
    if len(findings) > SHOWN:
        _say(console, f"\nand {len(findings) - SHOWN} more findings in report.json")
    if findings:
        counts = sorted(verdict.figures.by_invariant.items())
        broken = ", ".join(f"{name} {times}" for name, times in counts if times)
        console.print(f"\n[red]Broken:[/] {broken or len(findings)}. Again: ", end="", highlight=False)
        _say(console, verdict.replay)
    else:
        console.print("[green]Every promise was kept.[/]", highlight=False)


def _faults(verdict: Verdict) -> Table:
    times, failed = Counter(fault.kind for fault in verdict.history.faults), verdict.failed
    table = Table(title=f"{times.total()} faults", title_justify="left")
    table.add_column("kind")
    table.add_column("times", justify="right")
    table.add_column("remark")
    for kind in sorted(times):
        remark = f"{failed[kind]} could not be struck" if kind in failed else ""
        table.add_row(escape(kind), f"{times[kind]}", remark)
    for kind, reason in sorted(verdict.missing.items()):
        table.add_row(escape(kind), "-", escape(f"left out: {reason}"))
    return table


def _verdict(summary: Summary) -> str:
    return (
        f"{summary.lost} lost of {summary.deliveries} deliveries, {summary.faults} faults; "
        f"{summary.duplicates} accepted again, {summary.ambiguous} attempts ambiguous; "
        f"{summary.overruns} handed over too late; {_recovery(summary)}."
    )


def _recovery(summary: Summary) -> str:
    if summary.recovery_p50 is None or summary.recovery_max is None:
        return "no recovery to measure"
    return f"back after {summary.recovery_p50:.1f} s (median), {summary.recovery_max:.1f} s at most"


def _show_finding(console: Console, finding: Finding, *, number: int) -> None:
    console.print(f"\n[red]{number}. {finding.invariant}[/]", end=" ", highlight=False)
    _say(console, f"{finding.rule}: {finding.about}: {finding.says}")
    for line in finding.timeline:
        _say(console, f"     {line}")


def _say(console: Console, line: str) -> None:
    """Print a line as it is: what was found may look like markup."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _write(path: Path, content: Mapping[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(to_jsonable_python(content), indent=2) + "\n")
    return path
