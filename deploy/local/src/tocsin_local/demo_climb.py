"""`tocsin demo --plan climb`: an alert goes out by text, and some seconds later calls those who did not get it."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from pydantic import BaseModel
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tocsin_local.demo_alert import ALERT, Client
from tocsin_local.demo_answers import Counts, Delivery
from tocsin_local.demo_inbox import delivery_of
from tocsin_local.reconcile import TAKEN
from tocsin_schemas.words import Channel, State

CLIMBING: Final[Mapping[str, object]] = {
    **{name: value for name, value in ALERT.items() if name != "channels"},
    "severity": "severe",  # an urgent one calls at any hour
    "plan": [{"channels": ["sms"]}, {"after": "PT10S", "channels": ["voice"]}],
}
_RULES: Final = [
    {"phase": "callback", "share": 0.3, "action": {"type": "lose"}},
    {"phase": "deliver", "share": 0.1, "action": {"type": "end", "status": "undelivered", "code": 30005}},
]
"""A third of the texts are taken, and nobody tells what became of them; some phones are no more."""
_CALLS: Final = {
    "calls_per_s": None,
    "callee": {"answers_after_s": {"least": 1, "most": 4}, "key_after_s": {"least": 4, "most": 9}},
}
_PATIENCE_SECONDS: Final = 300.0
_NAMES: Final = {Channel.SMS: "text", Channel.VOICE: "call"}
_TITLE: Final = (
    "By text, and ten seconds later by a call to those whose text did not arrive, or nobody says so"
)
_REACHED: Final = frozenset({State.DELIVERED, State.ACKNOWLEDGED})


class CallRow(BaseModel):
    """A call that the sandbox made."""

    reference: str


class CallList(BaseModel):
    """A page of them."""

    items: list[CallRow]
    next: int | None


class CallsSummary(BaseModel):
    """What the sandbox counts."""

    at_once: int
    most_at_once_to_one_number: int


@dataclass(frozen=True, slots=True)
class Climbed:
    """What became of it."""

    alert_id: str
    counts: Counts
    states: Mapping[Channel, Mapping[State, int]]
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the ledger and the calls that were made agree."""
        return not self.faults

    def as_json(self) -> str:
        """One line."""
        return json.dumps(
            {
                "ok": self.ok,
                "alert": self.alert_id,
                "channels": {channel: dict(states) for channel, states in self.states.items()},
                "steps": [step.model_dump() for step in self.counts.steps],
                "faults": self.faults,
            }
        )

    def show(self, console: Console) -> None:
        """What became of each delivery, step by step, and the verdict."""
        console.print(_TITLE)
        console.print(_table(self.states))
        for number, step in enumerate(self.counts.steps, start=1):
            ways = " and ".join(_NAMES.get(channel, channel.value) for channel in step.channels)
            console.print(
                f"Step {number}, by {ways}: {step.deliveries} deliveries, {step.state.replace('_', ' ')}."
            )
        calls = self.states[Channel.VOICE]
        console.print(
            f"{self.untold} texts were not delivered, as far as is known. Of those people {sum(calls.values())} take "
            f"calls; {calls.get(State.SUPPRESSED, 0)} of them live with somebody who was called."
        )
        if self.ok:
            console.print(
                "[green]Reconciled:[/] who is called by the ledger was called, nobody twice at a time."
            )
        for fault in self.faults:
            console.print(f"[red]Does not reconcile:[/] {fault}.")

    @property
    def untold(self) -> int:
        """Texts of which nobody says that they were delivered."""
        return sum(n for state, n in self.states[Channel.SMS].items() if state not in _REACHED)


async def climb(session: aiohttp.ClientSession, *, api: str, sandbox: str, bars: Progress) -> Climbed:
    """Make texts fail for some, post the alert, and follow it until the last call is over."""
    await _arrange(session, sandbox)
    client = Client(session, url=api, alert=CLIMBING)
    alert_id = await client.post()
    bar = bars.add_task("deliveries settled", total=None)

    async def over(counts: Counts) -> bool:
        bars.update(bar, completed=counts.settled, total=counts.deliveries)
        done = counts.steps and all(step.state == "done" for step in counts.steps)
        if not done or counts.settled < counts.deliveries:
            return False
        return (await _summary(session, sandbox)).at_once == 0

    counts = await client.followed(alert_id, until=over, patience=_PATIENCE_SECONDS)
    rows = [row async for row in client.deliveries(alert_id)]
    faults = await _faults(session, sandbox, rows)
    states = {channel: Counter(row.state for row in rows if row.channel is channel) for channel in _NAMES}
    return Climbed(alert_id, counts, states, faults)


def _table(states: Mapping[Channel, Mapping[State, int]]) -> Table:
    table = Table()
    table.add_column("state")
    for name in _NAMES.values():
        table.add_column(name, justify="right")
    for state in State:
        found = [states[channel].get(state, 0) for channel in _NAMES]
        if any(found):
            table.add_row(state.value, *(f"{n}" for n in found))
    return table


async def _arrange(session: aiohttp.ClientSession, sandbox: str) -> None:
    async with session.put(f"{sandbox}/api/twilio/rules", json={"rules": _RULES}) as answer:
        answer.raise_for_status()
    async with session.post(f"{sandbox}/api/twilio/calls", json=_CALLS) as answer:
        answer.raise_for_status()


async def _faults(session: aiohttp.ClientSession, sandbox: str, rows: list[Delivery]) -> tuple[str, ...]:
    called = {delivery_of(reference) for reference in await _references(session, sandbox)}
    calls = {row.id: row.state for row in rows if row.channel is Channel.VOICE}
    silent = {id_ for id_, state in calls.items() if state in TAKEN} - called
    most = (await _summary(session, sandbox)).most_at_once_to_one_number
    checks = {
        "nobody was called": bool(called),
        f"{len(silent)} were called by the ledger and not by the sandbox": not silent,
        f"{len(called - set(calls))} were called and are not in the ledger": called <= set(calls),
        f"{most} calls at a time went to one number": most <= 1,
    }
    return tuple(fault for fault, holds in checks.items() if not holds)


async def _references(session: aiohttp.ClientSession, sandbox: str) -> list[str]:
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        async with session.get(f"{sandbox}/api/calls", params={"limit": "500", **after}) as answer:
            page = CallList.model_validate_json(await answer.read())
        found += [call.reference for call in page.items]
        if page.next is None:
            return found
        after = {"after": str(page.next)}


async def _summary(session: aiohttp.ClientSession, sandbox: str) -> CallsSummary:
    async with session.get(f"{sandbox}/api/calls/summary") as answer:
        return CallsSummary.model_validate_json(await answer.read())
