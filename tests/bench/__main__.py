"""`make bench`: measures, prints a table, writes bench.json. `--row NAME` for one of them."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Wish:
    """What rows are told."""

    rounds: int
    victims: Sequence[str]
    console: Console


_ROWS: Final[Mapping[str, Callable[[Wish], list[Row]]]] = {
    "worker": lambda wish: _by_mail("worker", wish),
    "county": lambda wish: _by_mail("county", wish),
    "urgent": lambda wish: urgent.measure(console=wish.console),
    "domains": lambda wish: domains.measure(console=wish.console),
    "cancel": lambda wish: cancel.measure(console=wish.console),
    "recovery": lambda wish: recovery.measure(rounds=wish.rounds, victims=wish.victims, console=wish.console),
    "callbacks": lambda wish: callbacks.measure(console=wish.console),
    "texts": lambda wish: texts_alone.measure(console=wish.console),
    "pace": lambda wish: pace.measure(console=wish.console),
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--row", choices=_ROWS)
    parser.add_argument("--rounds", type=int, default=3, help="Kills of each process, for the row recovery.")
    parser.add_argument("--victims", nargs="+", choices=recovery.VICTIMS, default=recovery.VICTIMS)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    told = parser.parse_args()
    wish = Wish(told.rounds, told.victims, Console(width=120))
    rows = [row for name, measured in _ROWS.items() if told.row in (None, name) for row in measured(wish)]
    show(rows, console=wish.console)
    write(rows, path=told.out)
    wish.console.print(f"Written to {told.out}.")


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
        rates += [smtp_tools.source_rate(port) for _ in range(2)]
        ceiling = median(rates)
        if wanted == "county":
            to_sink = {"TOCSIN_SMTP_PORT": str(port)}
            rows += county.measure(relay="smtp-sink", environment=to_sink, ceiling=ceiling, console=console)
            rows += county.measure(relay="sandbox", environment={}, ceiling=ceiling, console=console)
        rates += [smtp_tools.source_rate(port) for _ in range(2)]
    return [Row("smtp-source", median(rates), "messages/s, median of 7"), *rows]


def _without_sink(wanted: str, console: Console) -> list[Row]:
    console.print("smtp-sink and smtp-source are not installed (Debian: postfix): no ceiling, no worker row.")
    if wanted == "worker":
        return []
    return county.measure(relay="sandbox", environment={}, ceiling=None, console=console)


if __name__ == "__main__":
    main()
