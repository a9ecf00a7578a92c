"""What providers report, and which facts must have come of it."""

from typing import Final

from tests.faults.checks.index import Index
from tests.faults.history import Callback, Fact

_MERGED_WITHIN: Final = 30.0
"""Seconds from the acknowledgement of a report in which a topic that loses its records may take it along."""


def tells(fact: Fact, callback: Callback) -> bool:
    """Whether a fact may be what came of a report."""
    same = (fact.kind, fact.status) == (callback.kind, callback.status)
    return same and callback.fence in {None, fact.fence}


def is_lost(index: Index, callback: Callback) -> bool:
    """Whether records were deleted that may have been of it."""
    return any(
        fault.began <= callback.at + _MERGED_WITHIN and fault.ended >= callback.at for fault in index.losing
    )
