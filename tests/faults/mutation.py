"""Seeds bugs one by one and looks whether the checker sees them; the same scenario without one must show nothing."""

import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from tests.faults.mutants.catalogue import SCENARIOS, Mutant, Scenario
from tests.faults.mutants.scratch import apply, pythonpath, scratch_copy
from tests.faults.reports.mutant_report import Trial
from tests.faults.run import Show, Wish, run
from tests.faults.stage import Setting
from tests.faults.verdict import findings_of

_PROJECT: Final = Path(__file__).resolve().parents[2]
_PATIENCE_S: Final = 75.0
"""For what settles at all; a seeded bug may keep something from that for ever."""
_TRIES: Final = 3
"""Seeds: some bugs show only where two things meet."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """Where it happens, how many runs there are at a time, and who is told."""

    folder: Path
    seed: int
    at_once: int
    show: Show

    def controls(self, names: Sequence[str]) -> dict[str, Trial]:
        """Run each scenario with the product as it is."""
        return self._trials(
            [_Order(name, None, self.folder / f"control-{name}", self.seed) for name in names]
        )

    def trials(self, mutants: Sequence[Mutant]) -> dict[str, Trial]:
        """Run each mutant in its scenario."""
        return self._trials([_Order(one.scenario, one, self.folder / one.name, self.seed) for one in mutants])

    def _trials(self, orders: Sequence["_Order"]) -> dict[str, Trial]:
        found: dict[str, Trial] = {}
        with ProcessPoolExecutor(self.at_once, mp_context=get_context("spawn")) as processes:
            for order, trial in zip(orders, processes.map(_trial, orders), strict=True):
                found[order.name] = trial
                self.show(f"{order.folder.name}: {', '.join(trial.by) or 'nothing'} ({trial.seconds:.0f} s)")
        return found


@dataclass(frozen=True, slots=True)
class _Order:
    """One run."""

    scenario: str
    mutant: Mutant | None
    folder: Path
    seed: int

    @property
    def name(self) -> str:
        return self.mutant.name if self.mutant else self.scenario


def _trial(order: _Order) -> Trial:
    """Run it, a mutant with other seeds until it is caught; ledgers in which nothing was found are not kept."""
    began = time.monotonic()
    with _sources(order.mutant) as sources:
        for seed in range(order.seed, order.seed + (_TRIES if order.mutant else 1)):
            run(_wish(SCENARIOS[order.scenario], seed=seed, sources=sources), order.folder, show=_unheard)
            if findings := findings_of(order.folder):
                break
            shutil.rmtree(order.folder)
    by = tuple(sorted({f"{one.invariant} {one.rule}" for one in findings}))
    return Trial(by, len(findings), time.monotonic() - began)


@contextmanager
def _sources(mutant: Mutant | None) -> Iterator[str | None]:
    """Where the changed sources are; None: nothing is changed."""
    if mutant is None:
        yield None
        return
    with scratch_copy(_PROJECT) as copy:
        apply(mutant.patch, copy=copy)
        yield pythonpath(copy)


def _wish(scenario: Scenario, *, seed: int, sources: str | None) -> Wish:
    return Wish(
        seed=seed,
        seconds=scenario.seconds,
        every=scenario.every if scenario.only else 0.0,
        only=scenario.only,
        plan=scenario.plan,
        profile=scenario.profile,
        setting=Setting(scenario.replicas, scenario.environment, sources),
        patience=_PATIENCE_S,
    )


def _unheard(_: str) -> None: ...
