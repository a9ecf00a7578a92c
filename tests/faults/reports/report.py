"""What a run found: `report.json` for programs, a table and the findings for people."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.faults.history import Finding, History

SHOWN = 20
"""So many findings are printed; the file has all."""


class Summary(Protocol):
    """The figures of a run."""

    @property
    def deliveries(self) -> int:
        """Rows of the ledger."""

    @property
    def faults(self) -> int:
        """How many were struck."""

    @property
    def lost(self) -> int:
        """Findings of I1."""

    @property
    def duplicates(self) -> int:
        """Accepts beyond the first of each delivery; lawful where an ambiguous attempt was resent."""

    @property
    def ambiguous(self) -> int:
        """Attempts of which nobody knows whether they arrived."""

    @property
    def overruns(self) -> int:
        """Findings of I3."""

    @property
    def by_invariant(self) -> Mapping[str, int]:
        """Findings."""

    @property
    def by_kind(self) -> Mapping[str, object]:
        """What there was of each kind of fault."""

    @property
    def recovery_p50(self) -> float | None:
        """Seconds from a fault's end to the first accept of a delivery born after it; None: there was none."""

    @property
    def recovery_max(self) -> float | None:
        """The longest of these."""


def write_report(
    folder: Path,
    *,
    history: History,
    findings: Sequence[Finding],
    summary: Summary,
    seed: int,
    minutes: float,
    skipped: Mapping[str, str],
) -> Path:
    """Write `report.json` into the folder, made if need be, and return where it is.

    Args:
        folder: Usually `.tocsin/faults`.
        history: Of the run.
        findings: All of them, with their timelines.
        summary: Of the same history.
        seed: Of the run.
        minutes: How long faults were struck.
        skipped: Kinds of faults that this machine cannot do, and why.
    """
    return _write(
        folder / "report.json",
        {
            "deliveries": summary.deliveries,
            "faults": summary.faults,
            "lost": summary.lost,
            "duplicates": summary.duplicates,
            "ambiguous": summary.ambiguous,
            "overruns": summary.overruns,
            "by_invariant": summary.by_invariant,
            "by_kind_of_fault": summary.by_kind,
            "recovery": {"p50_s": _rounded(summary.recovery_p50), "max_s": _rounded(summary.recovery_max)},
            "seed": seed,
            "minutes": minutes,
            "replay": replay(seed=seed, minutes=minutes),
            "skipped": skipped,
            "failed": _failed(history),
            "findings": [asdict(finding) for finding in findings],
        },
    )


def replay(*, seed: int, minutes: float) -> str:
    """Return the command that strikes the same faults again."""
    return f"make faults MINUTES={minutes:g} SEED={seed}"


def show_report(
    console: Console,
    *,
    history: History,
    findings: Sequence[Finding],
    summary: Summary,
    seed: int,
    minutes: float,
    skipped: Mapping[str, str],
) -> None:
    """Print what was struck, what came of it, and on failure what was found and how to see it again."""
    console.print(_faults(history, skipped=skipped))
    _say(console, _verdict(summary))
    for number, finding in enumerate(findings[:SHOWN], start=1):
        _show_finding(console, finding, number=number)
    if len(findings) > SHOWN:
        _say(console, f"\nand {len(findings) - SHOWN} more findings in report.json")
    if findings:
        broken = ", ".join(f"{name} {times}" for name, times in sorted(summary.by_invariant.items()) if times)
        console.print(f"\n[red]Broken:[/] {broken or len(findings)}. Again: ", end="", highlight=False)
        _say(console, replay(seed=seed, minutes=minutes))
    else:
        console.print("[green]Every promise was kept.[/]", highlight=False)


def _faults(history: History, *, skipped: Mapping[str, str]) -> Table:
    times = Counter(fault.kind for fault in history.faults)
    failed = _failed(history)
    table = Table(title=f"{len(history.faults)} faults", title_justify="left")
    table.add_column("kind")
    table.add_column("times", justify="right")
    table.add_column("remark")
    for kind in sorted(times):
        remark = f"{failed[kind]} could not be struck" if kind in failed else ""
        table.add_row(escape(kind), f"{times[kind]}", remark)
    for kind, reason in sorted(skipped.items()):
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


def _failed(history: History) -> dict[str, int]:
    return dict(Counter(fault.kind for fault in history.faults if "failed" in fault.what))


def _say(console: Console, line: str) -> None:
    """Print a line as it is: what was found may look like markup."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _write(path: Path, content: Mapping[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(to_jsonable_python(content), indent=2) + "\n")
    return path
