"""I1 and I10: where nothing disturbs, what can go goes; a broken destination does not hold up others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.faults.checks.disturbed import Disturbed, domain_of
from tests.faults.checks.engaged import Engaged
from tests.faults.checks.index import Index
from tests.faults.checks.policies import is_tried_again
from tests.faults.checks.says import of_delivery
from tests.faults.history import Delivery, Fact, Finding, Move
from tocsin_schemas.words import ReceiptKind

PATIENCE: Final = 20.0
"""Seconds a delivery may wait undisturbed from the moment it could be claimed."""
_WAITS: Final = frozenset(
    {ReceiptKind.REFUSED, ReceiptKind.UNKNOWN, ReceiptKind.RELEASED, ReceiptKind.DEFERRED}
)


@dataclass(frozen=True, slots=True)
class _Wait:
    """A row's `work` was `waiting` between two moments."""

    begin: float
    end: float
    fence: int


def findings(index: Index) -> Iterator[Finding]:
    """Rows that waited although they were due and nothing was in the way."""
    disturbed, engaged = Disturbed.of(index), Engaged.of(index)
    for row in index.history.dump.deliveries.values():
        for wait in _waits(index.moves_of(row.id), end=index.history.dump.at):
            yield from _too_long(index, row, wait, disturbed, engaged)


def _waits(moves: Sequence[Move], *, end: float) -> Iterator[_Wait]:
    begin: float | None = None
    fence = 0
    for move in moves:
        waits = move.after[1] == "waiting"
        if waits and begin is None:
            begin, fence = move.at, move.after[2]
        elif not waits and begin is not None:
            yield _Wait(begin, move.at, fence)
            begin = None
    if begin is not None:
        yield _Wait(begin, end, fence)


def _too_long(
    index: Index, row: Delivery, wait: _Wait, disturbed: Disturbed, engaged: Engaged
) -> Iterator[Finding]:
    if wait.end - wait.begin <= PATIENCE:
        return
    begin = max([wait.begin, *_due(index.facts_of(row.id), fence=wait.fence)])
    end = min([wait.end, *_ended(index, row)])
    contact = index.history.dump.contacts.get(row.contact)
    domain = "" if contact is None else domain_of(contact.address)
    gap = disturbed.at(domain).also(engaged.spans(row)).longest_gap(begin, end)
    if gap > PATIENCE:
        invariant = "I10" if disturbed.elsewhere(domain, begin, end) else "I1"
        says = f"{gap:.0f} s undisturbed, fence {wait.fence}"
        yield of_delivery(row, "left waiting", says, invariant=invariant, at=begin + PATIENCE)


def _ended(index: Index, row: Delivery) -> Iterator[float]:
    """When its version ended, or at the latest had: a correction counts although its answer was lost."""
    end = index.ends.get((row.alert, row.version))
    if end is not None:
        yield end.at
    alert = index.history.dump.alerts.get(row.alert)
    if alert is not None and row.version < alert.version:
        yield alert.frozen_at


def _due(facts: Sequence[Fact], *, fence: int) -> Iterator[float]:
    """When facts of a fence wanted it tried again."""
    for fact in facts:
        waits = fact.kind in _WAITS or is_tried_again(fact)
        if fact.fence == fence and waits and fact.due_at is not None:
            yield fact.due_at
