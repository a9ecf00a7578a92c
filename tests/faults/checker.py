"""The offline checker: what a run's history says of the invariants (design, section 3). Pure; it asks nobody."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from tests.faults.checks import (
    answered,
    attempts,
    audience,
    calling,
    climbing,
    crashes,
    escalating,
    intent,
    leaks,
    left_waiting,
    overruns,
    refusals,
    settled,
    snapshots,
    texting,
)
from tests.faults.checks.index import Index
from tests.faults.checks.story import story
from tests.faults.checks.summing import Summary, summary
from tests.faults.history import Finding, History

__all__ = ["KEPT", "Summary", "check", "summary"]

KEPT: Final = 50
"""Findings kept of a rule; one more stands for the rest."""
_WITH_STORY: Final = 5
"""Findings of a rule that get a timeline."""

_CHECKS: Final[Sequence[Callable[[Index], Iterator[Finding]]]] = (
    answered.findings,  # I1
    audience.findings,
    settled.findings,
    left_waiting.findings,  # I1, I10
    attempts.findings,  # I2
    overruns.findings,  # I3
    escalating.findings,  # I1, I3
    intent.findings,  # I4
    climbing.findings,  # I5
    snapshots.findings,  # I6
    texting.findings,  # I5, I7, I9
    calling.findings,  # I2, I5, I7
    leaks.findings,  # I8
    refusals.findings,  # I9
    crashes.findings,
)


def check(history: History) -> list[Finding]:
    """What is broken, by invariant; empty where every promise was kept.

    Of each rule `KEPT` are kept, the first with what is known of the delivery; a last one counts those left out.
    """
    index = Index.of(history)
    found = [finding for findings in _CHECKS for finding in _kept(index, findings(index))]
    return sorted(found, key=lambda finding: (int(finding.invariant[1:]), finding.rule))


def _kept(index: Index, findings: Iterable[Finding]) -> Iterator[Finding]:
    counts: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        kind = (finding.invariant, finding.rule)
        counts[kind] += 1
        if counts[kind] <= _WITH_STORY:
            yield replace(finding, timeline=_story_of(index, finding))
        elif counts[kind] <= KEPT:
            yield finding
    for (invariant, rule), count in counts.items():
        if count > KEPT:
            says = f"and {count - KEPT} more"
            yield Finding(invariant, rule, "the rest", says, more=count - KEPT)


def _story_of(index: Index, finding: Finding) -> Sequence[str]:
    try:
        delivery = UUID(finding.about)
    except ValueError:  # about something else
        return ()
    return story(index, delivery)
