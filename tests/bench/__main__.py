"""`make bench`: measures, prints a table, writes bench.json. `--row NAME …` for some of them, `--rounds 5` for medians."""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console

from tests.bench import (
    accept,
    callbacks,
    calls,
    cancel,
    client_alone,
    county,
    domains,
    escalation,
    fan_out,
    idle,
    linear,
    long,
    machine,
    merge,
    pace,
    personalise,
    recovery,
    smtp_tools,
    texts_alone,
    two_workers,
    urgent,
    worker_alone,
)
from tests.bench.rows import Row, medians, show, write
from tests.bench.wish import Wish

_ROWS: Final[Mapping[str, Callable[[Wish], list[Row]]]] = {
    "worker": lambda wish: _by_mail("worker", wish),
    "county": lambda wish: _by_mail("county", wish),
    "urgent": lambda wish: urgent.measure(console=wish.console),
    "domains": lambda wish: domains.measure(console=wish.console),
    "cancel": lambda wish: cancel.measure(console=wish.console),
    "recovery": lambda wish: recovery.measure(rounds=wish.kills, victims=wish.victims, console=wish.console),
    "callbacks": lambda wish: callbacks.measure(console=wish.console),
    "texts": lambda wish: texts_alone.measure(console=wish.console),
    "pace": lambda wish: pace.measure(console=wish.console),
    "personalise": personalise.measure,
    "accept": accept.measure,
    "merge": merge.measure,
    "calls": lambda wish: calls.measure(console=wish.console, seconds=ceil(wish.seconds(calls.SECONDS))),
    "escalation": lambda wish: escalation.measure(
        console=wish.console, members=wish.count(escalation.MEMBERS)
    ),
    "fan-out": fan_out.measure,
    "idle": idle.measure,
    "linear": linear.measure,
    "two-workers": two_workers.measure,
    "long": long.measure,
}
_ONLY_IF_NAMED: Final = frozenset({"long"})  # twenty minutes


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--row", nargs="+", choices=_ROWS, default=[name for name in _ROWS if name not in _ONLY_IF_NAMED]
    )
    parser.add_argument("--rounds", type=int, default=1, help="How often each is measured, in turn.")
    parser.add_argument("--share", type=float, default=1.0, help="Of what newer rows measure; 0.01 is a try.")
    parser.add_argument("--kills", type=int, default=3, help="Of each process, for the row recovery.")
    parser.add_argument("--victims", nargs="+", choices=recovery.VICTIMS, default=recovery.VICTIMS)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    told = parser.parse_args()
    wish = Wish(Console(width=140), share=told.share, kills=told.kills, victims=told.victims)
    rows = _measured(told.row, wish, rounds=told.rounds, out=told.out)
    show(rows, console=wish.console)
    wish.console.print(f"Written to {told.out}.")


def _measured(names: Sequence[str], wish: Wish, *, rounds: int, out: Path) -> list[Row]:
    """Measure one after the other, then all again; what there is so far is always in the file."""
    about, begun, runs = machine.about(), time.monotonic(), list[Sequence[Row]]()
    turns = [(number, name) for number in range(1, rounds + 1) for name in names]
    for done, (number, name) in enumerate(turns):
        took = time.monotonic() - begun
        wish.console.print(f"{done} of {len(turns)} done in {took:.0f} s; round {number} of {rounds}: {name}")
        runs.append(_ROWS[name](wish))
        write(medians(runs), path=out, about=about)
    return medians(runs)


def _by_mail(wanted: str, wish: Wish) -> list[Row]:
    measured = _with_sink if smtp_tools.installed() else _without_sink
    return measured(wanted, wish.console)


def _with_sink(wanted: str, console: Console) -> list[Row]:
    rows: list[Row] = []
    with smtp_tools.smtp_sink() as port:
        rates = [smtp_tools.source_rate(port) for _ in range(3)]
        if wanted == "worker":
            console.print("worker alone")
            rows += worker_alone.measure(sink=port, ceiling=median(rates))
        if wanted == "county":
            alone = median(client_alone.rate(port) for _ in range(3))
            to_sink = {"TOCSIN_SMTP_PORT": str(port)}
            rows += county.measure(relay="smtp-sink", environment=to_sink, ceiling=alone, console=console)
            rows += county.measure(relay="sandbox", environment={}, ceiling=alone, console=console)
            rows.append(Row("client-alone", alone, "messages/s", median(rates), alone / median(rates)))
        rates += [smtp_tools.source_rate(port) for _ in range(2)]
    return [Row("smtp-source", median(rates), "messages/s, median of 5"), *rows]


def _without_sink(wanted: str, console: Console) -> list[Row]:
    console.print("smtp-sink and smtp-source are not installed (Debian: postfix): no ceiling, no worker row.")
    if wanted == "worker":
        return []
    return county.measure(relay="sandbox", environment={}, ceiling=None, console=console)


if __name__ == "__main__":
    main()
