"""`make bench`: measures, prints a table, writes bench.json. `--row NAME` for one of them."""

import argparse
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console

from tests.bench import (
    callbacks,
    cancel,
    county,
    domains,
    pace,
    recovery,
    smtp_tools,
    texts_alone,
    urgent,
    worker_alone,
)
from tests.bench.rows import Row, show, write

_ROWS: Final = ("county", "worker", "urgent", "domains", "cancel", "recovery", "callbacks", "texts", "pace")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--row", choices=_ROWS)
    parser.add_argument("--rounds", type=int, default=3, help="Kills of each process, for the row recovery.")
    parser.add_argument("--victims", nargs="+", choices=recovery.VICTIMS, default=recovery.VICTIMS)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    wish = parser.parse_args()
    console = Console(width=120)
    rows: list[Row] = []
    if wish.row in (None, "county", "worker"):
        rows += _with_sink(wish.row, console) if smtp_tools.installed() else _without_sink(wish.row, console)
    if wish.row in (None, "urgent"):
        rows += urgent.measure(console=console)
    if wish.row in (None, "domains"):
        rows += domains.measure(console=console)
    if wish.row in (None, "cancel"):
        rows += cancel.measure(console=console)
    if wish.row in (None, "recovery"):
        rows += recovery.measure(rounds=wish.rounds, victims=wish.victims, console=console)
    if wish.row in (None, "callbacks"):
        rows += callbacks.measure(console=console)
    if wish.row in (None, "texts"):
        rows += texts_alone.measure(console=console)
    if wish.row in (None, "pace"):
        rows += pace.measure(console=console)
    show(rows, console=console)
    write(rows, path=wish.out)
    console.print(f"Written to {wish.out}.")


def _with_sink(wanted: str | None, console: Console) -> list[Row]:
    rows: list[Row] = []
    with smtp_tools.smtp_sink() as port:
        rates = [smtp_tools.source_rate(port) for _ in range(3)]
        if wanted in (None, "worker"):
            console.print("worker alone")
            rows += worker_alone.measure(sink=port, ceiling=median(rates))
        rates += [smtp_tools.source_rate(port) for _ in range(2)]
        ceiling = median(rates)
        if wanted in (None, "county"):
            to_sink = {"TOCSIN_SMTP_PORT": str(port)}
            rows += county.measure(relay="smtp-sink", environment=to_sink, ceiling=ceiling, console=console)
            rows += county.measure(relay="sandbox", environment={}, ceiling=ceiling, console=console)
        rates += [smtp_tools.source_rate(port) for _ in range(2)]
    return [Row("smtp-source", median(rates), "messages/s, median of 7"), *rows]


def _without_sink(wanted: str | None, console: Console) -> list[Row]:
    console.print("smtp-sink and smtp-source are not installed (Debian: postfix): no ceiling, no worker row.")
    if wanted == "worker":
        return []
    return county.measure(relay="sandbox", environment={}, ceiling=None, console=console)


if __name__ == "__main__":
    main()
