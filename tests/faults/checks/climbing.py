"""I5: receipts never contradict. `state` only climbs, `fence` counts claims, and every fact counts once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.faults.checks.index import Index
from tests.faults.checks.reports import is_lost, tells
from tests.faults.checks.says import of_delivery
from tests.faults.history import Callback, Delivery, Fact, Finding, Move
from tocsin_schemas.words import RANK, ReceiptKind


def findings(index: Index) -> Iterator[Finding]:
    """Rows that fell, that do not follow from their facts, and facts that are missing or told twice."""
    for row in index.history.dump.deliveries.values():
        moves = index.moves_of(row.id)
        for before, after in pairwise(moves):
            yield from _step(row, before, after)
        yield from _last(row, moves[-1] if moves else None)
        yield from _facts(index, row)
        for callback in index.callbacks.get(row.id, ()):
            yield from _callback(index, row, callback)


def _step(row: Delivery, earlier: Move, move: Move) -> Iterator[Finding]:
    before = move.before or earlier.after
    rank = min(RANK[earlier.after[0]], RANK[before[0]]), RANK[move.after[0]]
    if rank[1] < rank[0]:
        says = f"{before[0]} became {move.after[0]}"
        yield of_delivery(row, "state fell", says, invariant="I5", at=move.at)
    if move.after[2] != earlier.after[2] + move.claims:
        says = f"{earlier.after[2]} became {move.after[2]}, {'a' if move.claims else 'no'} claim"
        yield of_delivery(row, "fence miscounted", says, invariant="I5", at=move.at)


def _last(row: Delivery, move: Move | None) -> Iterator[Finding]:
    now = (row.state, row.work, row.fence)
    if move is None:
        yield of_delivery(row, "never born", "no change of it was recorded", invariant="I5")
    elif move.after != now:
        says = f"{now} at the end, {move.after} after its last change"
        yield of_delivery(row, "changed unseen", says, invariant="I5", at=move.at)


def _facts(index: Index, row: Delivery) -> Iterator[Finding]:
    facts = index.facts_of(row.id)
    rank = max((RANK[fact.state] for fact in facts), default=0)
    if RANK[row.state] != rank:
        says = f"{row.state}, its facts say rank {rank}"
        yield of_delivery(row, "state unlike its facts", says, invariant="I5")
    if len(facts) < 2:
        return
    told = Counter((fact.fence, fact.kind, fact.status, _due_at(fact)) for fact in facts)
    for (fence, kind, status, _), count in told.items():
        if count > 1:
            says = f"{kind} {status} of fence {fence}, {count} times"
            yield of_delivery(row, "fact counted twice", says, invariant="I5")


def _due_at(fact: Fact) -> float | None:
    """A part of what is told; but a report that comes again is due when it was due the first time."""
    return None if fact.kind is ReceiptKind.FAILED else fact.due_at


def _callback(index: Index, row: Delivery, callback: Callback) -> Iterator[Finding]:
    if row.fence == 0 or is_lost(index, callback):
        return
    facts = index.facts_of(row.id)
    told = any(tells(fact, callback) for fact in facts)
    says = f"{callback.kind} {callback.status} of {callback.fence or 'any fence'}"
    if callback.forged:
        if any(fact.status == callback.status for fact in facts):
            yield of_delivery(row, "forgery believed", says, invariant="I5", at=callback.at)
    elif not told and (callback.fence or not callback.by_ref or _is_known(facts)):
        yield of_delivery(
            row, "callback lost", f"{says}: acknowledged, and no fact tells", invariant="I5", at=callback.at
        )


def _is_known(facts: Sequence[Fact]) -> bool:
    """Whether the provider's own name of the message was ever told."""
    return any(fact.kind is ReceiptKind.ACCEPTED for fact in facts)
