"""What the demo tells: for people, and as one JSON object for programs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tocsin_local.reconcile import Reconciliation
from tocsin_local.state import StackState, url_of


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the demo."""

    members: int
    alert_id: str
    seconds: Mapping[str, float]
    """By stage: start, load, accept, fan_out, deliver, reconcile."""
    result: Reconciliation

    @property
    def deliveries(self) -> int:
        """Rows of the ledger."""
        return sum(self.result.states.values())

    @property
    def rate(self) -> float:
        """Deliveries a second, from the POST to the last merged receipt."""
        return self.deliveries / max(self.seconds["deliver"], 0.001)


def as_json(report: Report) -> str:
    """One line."""
    inbox = report.result.inbox
    return json.dumps(
        {
            "ok": report.result.ok,
            "members": report.members,
            "alert": report.alert_id,
            "deliveries": report.deliveries,
            "states": {state.value: n for state, n in report.result.states.items()},
            "inbox": {
                "messages": len(inbox.message_ids),
                "distinct": len(inbox.distinct),
                "duplicates": inbox.duplicates,
            },
            "seconds": {stage: round(took, 3) for stage, took in report.seconds.items()},
            "rate": round(report.rate, 1),
            "faults": list(report.result.faults),
        }
    )


def show(report: Report, *, console: Console) -> None:
    """A table of what became of every delivery, and the verdict."""
    table = Table(title=f"What became of the alert to {report.members} members", title_justify="left")
    table.add_column("state")
    table.add_column("deliveries", justify="right")
    for state, n in sorted(report.result.states.items()):
        table.add_row(state.value, f"{n}")
    table.add_row("[bold]all[/]", f"[bold]{report.deliveries}[/]")
    inbox = report.result.inbox
    table.add_section()
    table.add_row("messages in the inbox", f"{len(inbox.message_ids)}")
    table.add_row("of which twice", f"{inbox.duplicates}")
    console.print(table)
    stages = ", ".join(f"{stage} {took:.1f} s" for stage, took in report.seconds.items())
    console.print(f"{stages}; {report.rate:.0f} deliveries a second from POST to the last receipt.")
    if report.result.ok:
        console.print("[green]Reconciled:[/] the inbox holds exactly the messages that the ledger says.")
    for fault in report.result.faults:
        console.print(f"[red]Does not reconcile:[/] {fault}.")


def show_where(state: StackState, *, directory: Path, kept: bool, console: Console) -> None:
    """Where to look around, now or after a run that leaves the stack running."""
    api, inbox = url_of(state, "alert-api"), url_of(state, "tocsin-sandbox")
    console.print("Look around:" if kept else "To look around, run it with KEEP=1. Then:")
    console.print(f"  what the API can do   {api}/docs", highlight=False)
    console.print(f"  what arrived          {inbox}/", highlight=False)
    console.print(f"  metrics               {api}/metrics", highlight=False)
    if kept:
        console.print(f"Stop it with: tocsin down --dir {directory}")
