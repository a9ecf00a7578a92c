"""Plans of runs that once broke a promise: `python -m tests.faults regressions` replays them as they were.

A plan is kept whole, not as its seed: what a seed draws depends on which kinds of faults there are.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.run import Wish
from tests.faults.schedule import from_json

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Regression:
    """A run that found something."""

    seed: int
    """Of its load; `seed-N.json` has its plan."""
    seconds: float
    found: str
    """What was wrong with the product."""

    @property
    def wish(self) -> Wish:
        """The same run."""
        plan = from_json((_FOLDER / f"seed-{self.seed}.json").read_text())
        return Wish(
            self.seed, self.seconds, every=0.0, plan=plan, replay="python -m tests.faults regressions"
        )


REGRESSIONS: Final = (
    Regression(
        12,
        seconds=180.0,
        found="`receipts` made anew grew past the old offsets, and what lay below them was never merged; "
        "a domain whose probes had failed with everything else stayed on hold for eight minutes",
    ),
)
