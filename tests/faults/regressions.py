"""Runs that once broke a promise: each is replayed by `python -m tests.faults regressions`, and must not break it again."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Regression:
    """A run that found something."""

    seed: int
    minutes: float
    every: float
    found: str
    """What was wrong with the product."""


REGRESSIONS: Final = (
    Regression(
        12,
        minutes=3.0,
        every=1.7,
        found="`receipts` made anew grew past the old offsets, and what lay below them was never merged; "
        "a domain whose probes had failed with everything else stayed on hold for eight minutes",
    ),
)
