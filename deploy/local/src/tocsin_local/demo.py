"""`tocsin demo`: one alert to the sample members, from a bare stack to reconciled receipts."""

import asyncio
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Protocol

import aiohttp
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tocsin_local.deletion import delete_data
from tocsin_local.demo_alert import Client, Sending
from tocsin_local.demo_answers import Counts
from tocsin_local.demo_climb import climb
from tocsin_local.demo_inbox import inboxes_of
from tocsin_local.demo_load import Loaded, load
from tocsin_local.demo_report import Report, show_where
from tocsin_local.layout import Layout
from tocsin_local.orders import Order
from tocsin_local.output import progress, told
from tocsin_local.ports import BLOCK, DEFAULT_BASE, free_base
from tocsin_local.preflight import preflight
from tocsin_local.reconcile import Inbox, Reconciliation, reconcile
from tocsin_local.secret_files import database_url
from tocsin_local.state import StackState, url_of
from tocsin_local.up import start_in_background, stop, wait_until_ready
from tocsin_schemas.words import Channel

app: Final = App(name="demo")

_READY_SECONDS: Final = 90
_REPORT_SECONDS: Final = 60.0
_BASE_PORT: Final = DEFAULT_BASE + BLOCK  # beside a stack at the usual ports


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown."""

    members: int
    seed: int
    patience: float
    """Seconds the deliveries may take."""
    directory: Path


@dataclass(frozen=True, slots=True)
class Started:
    """A stack that is ready."""

    state: StackState
    seconds: float
    """How long that took."""


class Outcome(Protocol):
    """What a run has to tell, to people and to programs."""

    @property
    def ok(self) -> bool:
        """Whether the ledger and what arrived agree."""

    def show(self, console: Console) -> None:
        """Print what became of it, and the verdict."""

    def as_json(self) -> str:
        """Say the same in one line."""


@app.command
def demo(
    *,
    members: int = 500,
    keep: bool = False,
    seed: int = 1,
    timeout: float = 600,
    base_port: int | None = None,
    directory: Annotated[Path, Parameter(name="--dir")] = Path(".tocsin/demo"),
    plan: Literal["climb"] | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Send one alert to sample members and say what became of every delivery.

    Parameters
    ----------
    members
        How many; 33000 is the county.
    keep
        Leave the stack running to look around.
    seed
        Which sample.
    timeout
        Seconds the deliveries may take.
    base_port
        First of 40 ports; 7340 if not given, or where that is taken a free block.
    directory
        Where the demo's stack lives; emptied first.
    plan
        climb: by text, and some seconds later by a call to those whom no text has reached.
    as_json
        Print one JSON object as the last line.
    """
    console = Console(stderr=as_json)
    wish = Wish(members, seed, timeout, directory)
    run = _run if plan is None else _climb
    with told(), _stack(wish, base_port=base_port, keep=keep, console=console) as stack:
        outcome = asyncio.run(run(wish, stack, console=console))
        outcome.show(console)
    _end(outcome, as_json=as_json)


def _end(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{outcome.as_json()}\n")
    if not outcome.ok:
        raise SystemExit(1)


@contextmanager
def _stack(wish: Wish, *, base_port: int | None, keep: bool, console: Console) -> Iterator[Started]:
    """A new stack; in the end it is said where to look around."""
    layout = Layout.at(wish.directory)
    stop(layout)
    delete_data(layout)
    preflight(wish.directory, least_gigabytes=1)
    began = time.monotonic()
    order = Order(wish.directory, base_port or free_base(rather=_BASE_PORT), {}, {})
    with _running(order, keep=keep) as state:
        try:
            yield Started(state, time.monotonic() - began)
        finally:
            show_where(state, directory=wish.directory, kept=keep, console=console)


@contextmanager
def _running(order: Order, *, keep: bool) -> Iterator[StackState]:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends the demo ends its stack
    supervisor = start_in_background(order)
    kept = False
    try:
        with progress() as shown:
            yield wait_until_ready(supervisor, show=shown.show, timeout=timedelta(seconds=_READY_SECONDS))
        kept = keep
    finally:
        if not kept:
            supervisor.end()


async def _climb(wish: Wish, stack: Started, *, console: Console) -> Outcome:
    with _bars(console) as bars:
        loaded = await _loaded(wish, bars=bars)
        headers = {"Authorization": f"Bearer {loaded.api_key}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            api, sandbox = url_of(stack.state, "alert-api"), url_of(stack.state, "tocsin-sandbox")
            return await climb(session, api=api, sandbox=sandbox, bars=bars)


async def _loaded(wish: Wish, *, bars: Progress) -> Loaded:
    bar = bars.add_task("members loaded", total=wish.members)
    return await load(
        database_url(Layout.at(wish.directory).secrets),
        count=wish.members,
        seed=wish.seed,
        progress=lambda done: bars.update(bar, completed=done),
    )


async def _run(wish: Wish, stack: Started, *, console: Console) -> Outcome:
    with _bars(console) as bars:
        began = time.monotonic()
        loaded = await _loaded(wish, bars=bars)
        seconds = {"start": stack.seconds, "load": time.monotonic() - began}
        headers = {"Authorization": f"Bearer {loaded.api_key}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            client = Client(session, url=url_of(stack.state, "alert-api"))
            sending = await _send(client, loaded, patience=wish.patience, bars=bars)
            seconds |= {
                "accept": sending.accepted,
                "fan_out": sending.fanned_out,
                "deliver": sending.delivered,
            }
            began = time.monotonic()
            counts = await _reported(client, sending, loaded=loaded, bars=bars)
            seconds["report"] = time.monotonic() - began
            began = time.monotonic()
            inboxes = await inboxes_of(session, url=url_of(stack.state, "tocsin-sandbox"))
            results = await _reconciled(
                client, sending.alert_id, counts=counts, inboxes=inboxes, loaded=loaded
            )
            seconds["reconcile"] = time.monotonic() - began
    return Report(wish.members, sending.alert_id, seconds, results, counts)


async def _send(client: Client, loaded: Loaded, *, patience: float, bars: Progress) -> Sending:
    bar = bars.add_task("deliveries settled", total=loaded.deliveries)

    def show(counts: Counts) -> None:
        bars.update(bar, completed=counts.settled)

    return await client.send(expected=loaded.deliveries, patience=patience, show=show)


async def _reported(client: Client, sending: Sending, *, loaded: Loaded, bars: Progress) -> Counts:
    texts = loaded.expected.get(Channel.SMS, 0)
    bar = bars.add_task("texts reported on", total=texts)

    def show(counts: Counts) -> None:
        bars.update(bar, completed=texts - counts.untold)

    return await client.reported(sending.alert_id, patience=_REPORT_SECONDS, show=show)


async def _reconciled(
    client: Client, alert_id: str, *, counts: Counts, inboxes: Mapping[Channel, Inbox], loaded: Loaded
) -> Mapping[Channel, Reconciliation]:
    """Each channel by itself."""
    rows = [row async for row in client.deliveries(alert_id)]
    resent = await client.ambiguous(alert_id)
    return {
        channel: reconcile(
            [(row.id, row.state) for row in rows if row.channel is channel],
            inbox=inbox,
            expected=loaded.expected.get(channel, 0),
            counted=counts.channels.get(channel, {}),
            resent=resent[channel],
            fails_later=channel is Channel.SMS,
        )
        for channel, inbox in inboxes.items()
    }


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
