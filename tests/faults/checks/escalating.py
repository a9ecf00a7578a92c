"""I3, plans: nobody whom one step reached gets another, and none before its time. I1: nobody is left out wrongly."""

from collections.abc import Iterator, Sequence
from typing import Final

from tests.faults.checks.disturbed import Disturbed
from tests.faults.checks.index import SAME_MOMENT, Index
from tests.faults.checks.left_waiting import PATIENCE
from tests.faults.checks.reports import is_lost, tells
from tests.faults.checks.says import of_delivery
from tests.faults.history import Delivery, Finding, Move, Step
from tocsin_schemas.words import RANK, STATE_OF, State

_KNOWN_AFTER: Final = 2.0
"""Seconds after which what was acknowledged to a provider must stop a claim."""
_FAILED: Final = RANK[State.FAILED]
_MOVES_ON: Final = frozenset({State.FAILED, State.SUPPRESSED})


def findings(index: Index) -> Iterator[Finding]:
    """Rows of later steps that should not be there, that should not have been claimed, or that should, or sooner."""
    disturbed = Disturbed.of(index)
    for rows in index.climbs.values():
        for row in rows:
            step, birth = index.step_of(row), _birth(index, row)
            if row.wave > 0 and step is not None and birth is not None:
                yield from _claimed(index, row, step)
                yield from _begun(index, row, step, birth)
                yield from _too_early(index, row, step, birth)
                yield from _too_late(index, row, step, birth, disturbed=disturbed)
                yield from _called_off(index, row, step)


def _claimed(index: Index, row: Delivery, step: Step) -> Iterator[Finding]:
    """Good news of any other delivery stops every claim of a later step."""
    for claim in index.claims.get(row.id, ()):
        for other in index.siblings(row):
            told, seen = _told_at(index, other, step), _seen_at(index, other, step)
            in_time = told is not None and claim.read_at > told + _KNOWN_AFTER + SAME_MOMENT
            if in_time or (seen is not None and _was_seen(index, seen, by=claim)):
                at = min(at for at in (told, seen) if at is not None)
                says = f"claimed {claim.read_at - at:.1f} s after {_named(other)} had reached somebody"
                yield of_delivery(row, "escalated although reached", says, invariant="I3", at=claim.at)
                return


def _begun(index: Index, row: Delivery, step: Step, birth: Move) -> Iterator[Finding]:
    """A step is not for whom an earlier one had reached; what was told before its time is certain when it begins."""
    for other in _earlier(index, row):
        told, seen = _told_at(index, other, step), _seen_at(index, other, step)
        in_time = told is not None and told < step.not_before - SAME_MOMENT <= birth.read_at
        if in_time or (seen is not None and _was_seen(index, seen, by=birth)):
            at = min(at for at in (told, seen) if at is not None)
            says = f"born {birth.read_at - at:.1f} s after {_named(other)} had reached somebody"
            yield of_delivery(row, "begun although reached", says, invariant="I3", at=birth.at)
            return


def _too_early(index: Index, row: Delivery, step: Step, birth: Move) -> Iterator[Finding]:
    """Before its time a step is for those alone whom every earlier one had failed for good."""
    if birth.read_at >= step.not_before - SAME_MOMENT:
        return
    ended = [_ended_at(index, other) for other in _earlier(index, row)]
    if not ended or any(at is None or at > birth.at for at in ended):
        says = f"{step.not_before - birth.read_at:.1f} s before its time"
        yield of_delivery(row, "begun too early", says, invariant="I3", at=birth.at)


def _too_late(
    index: Index, row: Delivery, step: Step, birth: Move, *, disturbed: Disturbed
) -> Iterator[Finding]:
    """Whom every earlier step failed for good, the last of them for a reason of its own, does not wait for its time."""
    ended = [(_ended_at(index, other), other) for other in _earlier(index, row)]
    moments = [(at, other) for at, other in ended if at is not None]
    if not moments or len(moments) < len(ended):
        return
    begin, last = max(moments, key=lambda one: one[0])
    gap = disturbed.everywhere.longest_gap(begin, min(birth.read_at, step.not_before))
    if last.state in _MOVES_ON and last.reason != "household_called" and gap > PATIENCE:
        says = f"{gap:.0f} s undisturbed after {_named(last)} had ended {last.state}"
        yield of_delivery(row, "failed, and not moved on", says, at=begin + PATIENCE)


def _called_off(index: Index, row: Delivery, step: Step) -> Iterator[Finding]:
    """A delivery is needless only where another one came so far."""
    others = index.siblings(row)
    if row.reason == "reached" and all(RANK[other.state] < (step.stops_at or 0) for other in others):
        yield of_delivery(row, "called off, and not reached", f"{len(others)} others, none came so far")


def _told_at(index: Index, row: Delivery, step: Step) -> float | None:
    """When a report was first acknowledged that it came so far; not one that nobody could join, or that may be lost."""
    reports = (
        one.at
        for one in index.callbacks.get(row.id, ())
        if RANK[STATE_OF[one.kind]] >= (step.stops_at or 0) and not one.forged and not one.by_ref
        if not is_lost(index, one) and any(tells(fact, one) for fact in index.facts_of(row.id))
    )
    return next(reports, None)


def _seen_at(index: Index, row: Delivery, step: Step) -> float | None:
    """When its row first said that it came so far."""
    moves = index.moves_of(row.id)
    return next((move.at for move in moves if RANK[move.after[0]] >= (step.stops_at or 0)), None)


def _was_seen(index: Index, at: float, *, by: Move) -> bool:
    """Whether a statement must have seen a change of another row, whatever a fault did to its commit."""
    after = _KNOWN_AFTER + SAME_MOMENT
    return by.read_at > at + after and by.read_at > index.held_up(at)[1] + after


def _ended_at(index: Index, row: Delivery) -> float | None:
    """When it had failed, or was over otherwise, and never reached anybody; None where that never was."""
    return next((move.at for move in index.moves_of(row.id) if RANK[move.after[0]] == _FAILED), None)


def _earlier(index: Index, row: Delivery) -> Sequence[Delivery]:
    return [other for other in index.siblings(row) if other.wave < row.wave]


def _birth(index: Index, row: Delivery) -> Move | None:
    return next((move for move in index.moves_of(row.id) if move.before is None), None)


def _named(row: Delivery) -> str:
    return f"the {row.channel} of step {row.wave + 1}"
