"""A row of the bench, and the file they are written to."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

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


def write(rows: Sequence[Row], *, path: Path) -> None:
    """Write them as JSON."""
    path.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=2) + "\n")


def show(rows: Sequence[Row], *, console: Console) -> None:
    """Print them as a table."""
    table = Table()
    for column in ("row", "figure", "unit", "ceiling", "ratio", "goal", "met"):
        table.add_column(column, justify="left" if column in {"row", "unit", "goal"} else "right")
    for row in rows:
        met = {True: "yes", False: "no", None: ""}[row.met]
        table.add_row(
            row.row, _number(row.figure), row.unit, _number(row.ceiling), _number(row.ratio), row.goal, met
        )
    console.print(table)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
