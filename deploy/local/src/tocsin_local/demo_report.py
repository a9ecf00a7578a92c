"""What the demo tells: for people, and as one JSON object for programs."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tocsin_local.demo_answers import Counts
from tocsin_local.reconcile import Inbox, Reconciliation
from tocsin_local.state import StackState, url_of
from tocsin_schemas.words import Channel, State

_NAMES: Final = {Channel.EMAIL: "email", Channel.SMS: "text"}


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the demo."""

    members: int
    alert_id: str
    seconds: Mapping[str, float]
    """By stage: start, load, accept, fan_out, deliver, report, reconcile."""
    results: Mapping[Channel, Reconciliation]
    counts: Counts

    @property
    def ok(self) -> bool:
        """Whether the ledger and what arrived agree on every channel."""
        return not self.faults

    @property
    def faults(self) -> list[str]:
        """What differs."""
        return [
            f"{_NAMES[channel]}: {fault}" for channel, one in self.results.items() for fault in one.faults
        ]

    @property
    def states(self) -> Mapping[State, int]:
        """How many rows of the ledger are in each."""
        return sum((Counter(one.states) for one in self.results.values()), Counter[State]())

    @property
    def deliveries(self) -> int:
        """Rows of the ledger."""
        return sum(self.states.values())

    @property
    def rate(self) -> float:
        """Deliveries a second, from the POST to the last merged receipt."""
        return self.deliveries / max(self.seconds["deliver"], 0.001)

    @property
    def cost(self) -> str:
        """What the texts cost."""
        price = self.counts.cost
        return f"{price.amount} {price.currency}" if price else "unknown"

    def as_json(self) -> str:
        """One line."""
        return json.dumps(
            {
                "ok": self.ok,
                "members": self.members,
                "alert": self.alert_id,
                "deliveries": self.deliveries,
                "states": _named(self.states),
                "channels": {channel.value: _named(one.states) for channel, one in self.results.items()},
                "inbox": _counted(self.results[Channel.EMAIL].inbox),
                "phones": _counted(self.results[Channel.SMS].inbox),
                "texts": {
                    "segments": self.counts.segments,
                    "cost": self.counts.cost and self.counts.cost.model_dump(),
                    "untold": self.counts.untold,
                },
                "seconds": {stage: round(took, 3) for stage, took in self.seconds.items()},
                "rate": round(self.rate, 1),
                "faults": self.faults,
            }
        )

    def show(self, console: Console) -> None:
        """A table of what became of every delivery, and the verdict."""
        console.print(_table(self))
        stages = ", ".join(f"{stage} {took:.1f} s" for stage, took in self.seconds.items())
        console.print(f"{stages}; {self.rate:.0f} deliveries a second from POST to the last receipt.")
        console.print(f"The texts are {self.counts.segments} segments and cost {self.cost}.")
        if self.counts.untold:
            console.print(f"[yellow]Of {self.counts.untold} texts no provider has told the end yet.[/]")
        if self.ok:
            console.print(
                "[green]Reconciled:[/] inbox and phones hold exactly the messages that the ledger says."
            )
        for fault in self.faults:
            console.print(f"[red]Does not reconcile:[/] {fault}.")


def _table(report: Report) -> Table:
    table = Table(title=f"What became of the alert to {report.members} members", title_justify="left")
    table.add_column("state")
    for channel in report.results:
        table.add_column(_NAMES[channel], justify="right")
    table.add_column("all", justify="right")
    rows = report.results.values()
    for state, n in sorted(report.states.items()):
        table.add_row(state.value, *(f"{one.states.get(state, 0)}" for one in rows), f"{n}")
    totals = [sum(one.states.values()) for one in rows]
    table.add_row("[bold]all[/]", *(f"[bold]{n}[/]" for n in [*totals, sum(totals)]))
    table.add_section()
    table.add_row("arrived", *(f"{len(one.inbox.message_ids)}" for one in rows))
    table.add_row("of which twice", *(f"{one.inbox.duplicates}" for one in rows))
    return table


def _named(states: Mapping[State, int]) -> Mapping[str, int]:
    return {state.value: n for state, n in states.items()}


def _counted(inbox: Inbox) -> Mapping[str, int]:
    return {
        "messages": len(inbox.message_ids),
        "distinct": len(inbox.distinct),
        "duplicates": inbox.duplicates,
    }


def show_where(state: StackState, *, directory: Path, kept: bool, console: Console) -> None:
    """Where to look around, now or after a run that leaves the stack running."""
    api, inbox = url_of(state, "alert-api"), url_of(state, "tocsin-sandbox")
    console.print("Look around:" if kept else "To look around, run it with KEEP=1. Then:")
    console.print(f"  what the API can do   {api}/docs", highlight=False)
    console.print(f"  what arrived by email {inbox}/", highlight=False)
    console.print(f"  and on phones         {inbox}/phones", highlight=False)
    console.print(f"  who was called        {inbox}/calls", highlight=False)
    console.print(f"  metrics               {api}/metrics", highlight=False)
    if kept:
        console.print(f"Stop it with: tocsin down --dir {directory}")
