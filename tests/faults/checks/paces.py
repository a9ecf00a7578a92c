"""I7, pace: nobody sends or calls more than they may."""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.history import Finding

_WINDOW: Final = 5.0
"""Seconds over which it is counted: what came within one may be seen in the next, where a provider was busy."""
_SLACK: Final = 1.0
"""Seconds by which a window may hold more."""


def too_fast(
    index: Index, agency: UUID, sent: Sequence[tuple[float, int]], *, per_s: int, of: str
) -> Iterator[Finding]:
    """The first window that holds too much, unless what had been written before may have come in it.

    Args:
        index: Of the run.
        agency: Whose.
        sent: When, and how much.
        per_s: How much is lawful.
        of: What is counted.
    """
    most = per_s * (_WINDOW + _SLACK)
    ordered = sorted(sent)
    first, held = 0, 0
    for at, count in ordered:
        held += count
        while ordered[first][0] < at - _WINDOW:
            held -= ordered[first][1]
            first += 1
        if held > most and index.earliest(at) == at:
            says = f"{held} {of} in {_WINDOW:.0f} s, {most:.0f} lawful"
            yield Finding("I7", "too fast", str(agency), says, at=at)
            return
