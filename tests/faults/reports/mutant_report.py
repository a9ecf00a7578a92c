"""What became of each seeded bug: `mutants.json` for programs, a table for people."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Trial:
    """One run with a seeded bug, or a control: the same scenario without one."""

    by: tuple[str, ...]
    """Which rules were broken, for example `I2 accepted twice`; none: nothing was noticed."""
    findings: int
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether anything was noticed; of a control: a false alarm."""
        return self.findings > 0


def write_mutants(folder: Path, *, trials: Mapping[str, Trial], controls: Mapping[str, Trial]) -> Path:
    """Write `mutants.json` into the folder, made if need be, and return where it is.

    Args:
        folder: Usually `.tocsin/faults`.
        trials: By name of the seeded bug.
        controls: By name of the scenario.
    """
    path = folder / "mutants.json"
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "seeded": len(trials),
        "caught": sum(trial.caught for trial in trials.values()),
        "names": {name: _data(trial) for name, trial in trials.items()},
        "controls": {name: _data(trial) for name, trial in controls.items()},
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def show_mutants(console: Console, *, trials: Mapping[str, Trial], controls: Mapping[str, Trial]) -> None:
    """Print a table of the seeded bugs, the controls below, and how many were caught."""
    table = Table(title="Seeded bugs", title_justify="left")
    for column in ("name", "caught", "by", "findings", "seconds"):
        table.add_column(column, justify="right" if column in {"findings", "seconds"} else "left")
    for name, trial in trials.items():
        table.add_row(escape(name), "yes" if trial.caught else "[red]no[/]", *_figures(trial))
    table.add_section()
    for name, trial in controls.items():
        table.add_row(
            escape(f"control: {name}"), "[red]false alarm[/]" if trial.caught else "-", *_figures(trial)
        )
    console.print(table)
    caught, alarms = (sum(one.caught for one in some.values()) for some in (trials, controls))
    console.print(f"{caught} of {len(trials)} caught, {alarms} false alarms.", highlight=False)


def _figures(trial: Trial) -> tuple[str, str, str]:
    return escape(", ".join(trial.by)), f"{trial.findings}", f"{trial.seconds:.0f}"


def _data(trial: Trial) -> dict[str, object]:
    return {"caught": trial.caught, **asdict(trial)}
