"""The story of one delivery: what everybody saw of it, in order of time."""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.history import Delivery, Fact, Injected, Move

_AROUND: Final = 2.0
"""Seconds before and after it in which faults may have had a part."""

Told = tuple[float, str]
"""When, and what."""


def story(index: Index, delivery: UUID) -> Sequence[str]:
    """Lines with seconds since its birth, or since what was seen of it first."""
    own = [*_seen(index, delivery)]
    if not own:
        return ()
    first, last = min(own)[0], max(own)[0]
    around = [*_faults(index.history.faults, begin=first - _AROUND, end=last + _AROUND)]
    around += _beside(index, index.history.dump.deliveries.get(delivery))
    moves = index.moves_of(delivery)
    zero = moves[0].at if moves else first
    return [f"{at - zero:+.3f} {what}" for at, what in sorted([*own, *around], key=lambda told: told[0])]


def _seen(index: Index, delivery: UUID) -> Iterator[Told]:
    for move in index.moves_of(delivery):
        yield move.at, _move(move)
    for fact in index.facts_of(delivery):
        yield fact.occurred_at, _fact(fact)
    for accept in index.accepts.get(delivery, ()):
        yield accept.begun, "provider: its envelope came"
        yield accept.at, "provider: accepted"
    for call in index.calls.get(delivery, ()):
        yield call.began, f"provider: dials under fence {call.fence}"
        if call.ended is not None:
            yield call.ended, f"provider: {call.status}, answered by {call.answered_by or 'nobody'}"
    for callback in index.callbacks.get(delivery, ()):
        yield callback.at, f"provider: told of it, {callback.kind} {callback.status}"
    row = index.history.dump.deliveries.get(delivery)
    if row is not None:
        yield from _around_it(index, row)


def _move(move: Move) -> str:
    state, work, fence = move.after
    happened = "born" if move.before is None else "claimed" if move.claims else "row"
    return f"{happened}: {state}, {work}, fence {fence}"


def _fact(fact: Fact) -> str:
    words = [fact.kind.value, fact.reason, fact.provider, fact.status]
    due = "" if fact.due_at is None else f", due after {fact.due_at - fact.occurred_at:.1f} s"
    return f"fact of fence {fact.fence}: {' '.join(word for word in words if word)}{due}"


def _around_it(index: Index, row: Delivery) -> Iterator[Told]:
    yield from ((at, "alert: corrected") for at in index.corrections.get(row.alert, ()))
    yield from ((at, "alert: cancelled") for at in index.cancels.get(row.alert, ()))
    bond = index.bond(row)
    if bond is not None:
        yield from ((one.at, "member: opted out") for one in index.withdrawals.get(bond, ()))


def _beside(index: Index, row: Delivery | None) -> Iterator[Told]:
    """When its step of a plan was due, and what became of the member's other deliveries."""
    step = None if row is None else index.step_of(row)
    if row is None or step is None:
        return
    if row.wave > 0:
        yield step.not_before, f"plan: time of step {row.wave + 1}"
    for other in index.siblings(row):
        name = f"{other.channel} of step {other.wave + 1}"
        yield from ((move.at, f"{name}: {_move(move)}") for move in index.moves_of(other.id))
        for callback in index.callbacks.get(other.id, ()):
            yield callback.at, f"{name}: provider: told of it, {callback.kind} {callback.status}"


def _faults(faults: Sequence[Injected], *, begin: float, end: float) -> Iterator[Told]:
    for fault in faults:
        if fault.began <= end and fault.ended >= begin:
            what = ", ".join(f"{name} {value}" for name, value in fault.what.items())
            yield fault.began, f"fault: {fault.kind} {what}".rstrip()
            yield fault.ended, f"fault over: {fault.kind}"
