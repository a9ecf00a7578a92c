"""A row of the bench, what several runs of it make, and the file they are written to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its ceiling of the same run. `goal` says what is wanted, `met` whether it was."""

    row: str
    figure: float
    unit: str
    ceiling: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    figures: Sequence[float] = ()
    """Of each run, where there were several: the figure is their median then, as ceiling and ratio are of theirs."""
    ratios: Sequence[float] = ()


def medians(runs: Sequence[Sequence[Row]]) -> list[Row]:
    """Every row that came up in any run, once. A goal is met where more than half of its runs met it."""
    by_name: dict[str, list[Row]] = {}
    for row in (row for run in runs for row in run):
        by_name.setdefault(row.row, []).append(row)
    return [several[0] if len(several) == 1 else _median(several) for several in by_name.values()]


def _median(several: Sequence[Row]) -> Row:
    figures = [row.figure for row in several]
    ceilings = [row.ceiling for row in several if row.ceiling is not None]
    ratios = [row.ratio for row in several if row.ratio is not None]
    verdicts = [row.met for row in several if row.met is not None]
    return replace(
        several[-1],
        figure=median(figures),
        ceiling=median(ceilings) if ceilings else None,
        ratio=median(ratios) if ratios else None,
        met=2 * sum(verdicts) > len(verdicts) if verdicts else None,
        figures=figures,
        ratios=ratios,
    )


def write(rows: Sequence[Row], *, path: Path, about: Mapping[str, object]) -> None:
    """Write them as JSON, beside what there is to say about all of them."""
    path.write_text(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=2) + "\n")


def show(rows: Sequence[Row], *, console: Console) -> None:
    """Print them as a table, and which goals were not met."""
    table = Table()
    for column in ("row", "figure", "unit", "ceiling", "ratio", "spread", "goal", "met"):
        table.add_column(column, justify="left" if column in {"row", "unit", "goal"} else "right")
    for row in rows:
        met = {True: "yes", False: "no", None: ""}[row.met]
        numbers = (_number(row.ceiling), _number(row.ratio), _spread(row))
        table.add_row(row.row, _number(row.figure), row.unit, *numbers, row.goal, met)
    console.print(table)
    for line in verdict(rows):
        console.print(line)


def verdict(rows: Sequence[Row]) -> list[str]:
    """How many goals were met, and each that was not."""
    with_goal = [row for row in rows if row.met is not None]
    missed = [row for row in with_goal if not row.met]
    return [
        f"{len(with_goal) - len(missed)} of {len(with_goal)} goals met.",
        *(f"Not met: {row.row} {_reached(row)} (goal: {row.goal})" for row in missed),
    ]


def _reached(row: Row) -> str:
    ratio = "" if row.ratio is None else f", ratio {_number(row.ratio)}"
    return f"{_number(row.figure)} {row.unit}{ratio}"


def _spread(row: Row) -> str:
    """From the lowest to the highest, of ratios where there are any."""
    of = row.ratios or row.figures
    return f"{_number(min(of))} to {_number(max(of))}" if of else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
