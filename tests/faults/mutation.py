"""Seeds bugs one by one and looks whether the checker sees them; the same scenario without one must show nothing."""

import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.mutant_report import Trial
from tests.faults.mutants.catalogue import SCENARIOS, Mutant, Scenario
from tests.faults.mutants.scratch import apply, pythonpath, scratch_copy
from tests.faults.run import Show, Wish, run
from tests.faults.schedule import Planned
from tests.faults.stage import Setting
from tests.faults.verdict import findings_of

_PROJECT: Final = Path(__file__).resolve().parents[2]
_PATIENCE_S: Final = 75.0
"""For what settles at all; a seeded bug may keep something from that for ever."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """Where it happens, and who is told."""

    folder: Path
    seed: int
    show: Show

    def controls(self, names: Iterable[str]) -> dict[str, Trial]:
        """Run each scenario with the product as it is."""
        return {name: self._trial(SCENARIOS[name], name=f"control-{name}") for name in names}

    def trials(self, mutants: Iterable[Mutant]) -> dict[str, Trial]:
        """Run each mutant in its scenario."""
        return {mutant.name: self._seeded(mutant) for mutant in mutants}

    def _seeded(self, mutant: Mutant) -> Trial:
        with scratch_copy(_PROJECT) as copy:
            apply(mutant.patch, copy=copy)
            return self._trial(SCENARIOS[mutant.scenario], name=mutant.name, sources=pythonpath(copy))

    def _trial(self, scenario: Scenario, *, name: str, sources: str | None = None) -> Trial:
        """Run it; the ledgers of one in which nothing was found are not kept."""
        began, folder = time.monotonic(), self.folder / name
        run(_wish(scenario, seed=self.seed, sources=sources), folder, show=_unheard)
        findings = findings_of(folder)
        by = tuple(sorted({f"{one.invariant} {one.rule}" for one in findings}))
        trial = Trial(by, len(findings), time.monotonic() - began)
        self.show(f"{name}: {', '.join(by) or 'nothing found'} ({trial.seconds:.0f} s)")
        if not findings:
            shutil.rmtree(folder)
        return trial


def _wish(scenario: Scenario, *, seed: int, sources: str | None) -> Wish:
    return Wish(
        seed=seed,
        seconds=scenario.seconds,
        every=scenario.every if scenario.only else 0.0,
        only=scenario.only,
        plan=tuple(Planned(one.at, one.kind, one.what) for one in scenario.plan),
        profile=scenario.profile,
        setting=Setting(scenario.replicas, scenario.environment, sources),
        patience=_PATIENCE_S,
    )


def _unheard(_: str) -> None: ...
