"""I2: an attempt is accepted once; another needs a merged fact that the earlier one failed, or was ambiguous."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from tests.faults.checks.index import Index
from tests.faults.checks.policies import is_tried_again, looks_up, resends
from tests.faults.checks.says import of_delivery
from tests.faults.history import Accept, Delivery, Fact, Finding, Move
from tocsin_schemas.words import ReceiptKind

_EARLY: Final = 0.5
"""Seconds by which a claim may come before its time: two clocks told them."""
_NOT_TAKEN: Final = frozenset({ReceiptKind.REFUSED, ReceiptKind.RELEASED, ReceiptKind.DEFERRED})
_PERHAPS_TAKEN: Final = frozenset({ReceiptKind.ACCEPTED, ReceiptKind.UNKNOWN})
_MAY_WAIT: Final = _NOT_TAKEN | {ReceiptKind.UNKNOWN}
_WAITS_FOR_ITS_TIME: Final = frozenset({ReceiptKind.REFUSED, ReceiptKind.UNKNOWN, ReceiptKind.FAILED})
_KNOWN_AFTER: Final = 2.0
"""Seconds after which a provider must know what it took."""


def findings(index: Index) -> Iterator[Finding]:
    """Deliveries handed over more often than was lawful, or claimed out of turn."""
    for row in index.history.dump.deliveries.values():
        accepts = index.accepts.get(row.id, ())
        if accepts:
            yield from _too_many(index, row, accepts)
            yield from _two_of_a_claim(index, row, accepts)
            yield from _denied(index, row, accepts)
            yield from _overlooked(index, row, accepts)
            yield from _through_both(index, row, accepts)
        yield from _out_of_turn(index, row)
        yield from _revived(index, row)


def _too_many(index: Index, row: Delivery, accepts: Sequence[Accept]) -> Iterator[Finding]:
    if len(accepts) == 1:
        return
    facts = index.facts_of(row.id)
    resent = sum(fact.kind is ReceiptKind.UNKNOWN and fact.fence < row.fence for fact in facts)
    failed = {fact.fence for fact in facts if is_tried_again(fact) and fact.fence < row.fence}
    lawful = 1 + min(resent, resends(index, row)) + len(failed)
    if len(accepts) > lawful:
        says = f"{len(accepts)} times, {lawful} lawful: {resent} ambiguous, {len(failed)} failed ones were claimed again"
        yield of_delivery(row, "accepted too often", says, invariant="I2", at=accepts[lawful].at)


def _two_of_a_claim(index: Index, row: Delivery, accepts: Sequence[Accept]) -> Iterator[Finding]:
    """Give each accept the earliest claim that may be its own and is free: where one gets none, two share one."""
    taken: set[int] = set()
    for accept in accepts if len(accepts) > 1 else ():
        candidates = index.candidates(accept)
        free = next((number for number in candidates if number not in taken), None)
        if free is not None:
            taken.add(free)
        elif candidates:
            says = f"{len(accepts)} accepts under {len(index.claims[row.id])} claims"
            yield of_delivery(row, "accepted twice under one claim", says, invariant="I2", at=accept.at)


def _denied(index: Index, row: Delivery, accepts: Sequence[Accept]) -> Iterator[Finding]:
    """The worker says that a message was not taken; the provider says that it was."""
    facts = index.facts_of(row.id)
    for accept in accepts:
        claims = [index.claims[row.id][number] for number in index.candidates(accept)]
        if claims and all(_is_denied(facts, claim) for claim in claims):
            says = f"under fence {claims[-1].after[2]}"
            yield of_delivery(row, "refused although accepted", says, invariant="I2", at=accept.at)


def _is_denied(facts: Sequence[Fact], claim: Move) -> bool:
    kinds = {fact.kind for fact in facts if fact.fence == claim.after[2]}
    return not kinds.isdisjoint(_NOT_TAKEN) and kinds.isdisjoint(_PERHAPS_TAKEN)


def _overlooked(index: Index, row: Delivery, accepts: Sequence[Accept]) -> Iterator[Finding]:
    """The worker has asked a provider, which knew, and says that it did not."""
    for fact in index.facts_of(row.id) if looks_up(row) else ():
        if fact.kind is ReceiptKind.REFUSED and fact.reason == "not_found":
            before = [accept for accept in accepts if _asked_after(index, accept, fact)]
            if before:
                says = f"fence {fact.fence}, taken {fact.occurred_at - before[0].at:.1f} s before"
                yield of_delivery(row, "looked up and not found", says, invariant="I2", at=fact.occurred_at)


def _asked_after(index: Index, accept: Accept, fact: Fact) -> bool:
    """Whether that is an attempt of which nothing was known: one that was told to have failed is looked for no more."""
    facts = index.facts_of(accept.delivery)
    failed = max((one.fence for one in facts if is_tried_again(one) and one.fence < fact.fence), default=0)
    known = accept.at < fact.occurred_at - _KNOWN_AFTER and not index.rang_nowhere(accept)
    return accept.fence is not None and failed < accept.fence < fact.fence and known


def _through_both(index: Index, row: Delivery, accepts: Sequence[Accept]) -> Iterator[Finding]:
    """Another provider needs another attempt, and a reason for it."""
    for earlier, later in pairwise(accepts):
        why = [fact for fact in index.facts_of(row.id) if fact.fence == earlier.fence]
        ended = any(fact.kind is ReceiptKind.UNKNOWN or is_tried_again(fact) for fact in why)
        if earlier.provider != later.provider and (earlier.fence == later.fence or not ended):
            says = (
                f"{earlier.provider} under fence {earlier.fence}, {later.provider} under fence {later.fence}"
            )
            yield of_delivery(row, "through both providers", says, invariant="I2", at=later.at)


def _out_of_turn(index: Index, row: Delivery) -> Iterator[Finding]:
    told = {fact.fence for fact in index.facts_of(row.id)}
    for claim in index.claims.get(row.id, ()):
        work = "born" if claim.before is None else claim.before[1]
        fence = claim.after[2] - 1
        if work != "waiting":
            says = f"claimed under fence {claim.after[2]}, its work was {work}"
            yield of_delivery(row, "claimed, and did not wait", says, invariant="I2", at=claim.at)
        elif fence > 0 and fence not in told:
            says = f"claimed under fence {claim.after[2]}, no fact of fence {fence}"
            yield of_delivery(row, "claimed again without a fact", says, invariant="I2", at=claim.at)
        due_at = _due_at([fact for fact in index.facts_of(row.id) if fact.fence == fence])
        if fence > 0 and due_at is not None and claim.at < due_at - _EARLY:
            says = f"{due_at - claim.at:.1f} s before it was due"
            yield of_delivery(row, "claimed too early", says, invariant="I2", at=claim.at)


def _revived(index: Index, row: Delivery) -> Iterator[Finding]:
    """What is done with stays so, unless a failure was told of what had been accepted."""
    failed = {fact.fence for fact in index.facts_of(row.id) if is_tried_again(fact)}
    for move in index.moves_of(row.id):
        done = move.before is not None and move.before[1] == "none"
        if move.before and done and move.after[1] == "waiting" and move.after[2] not in failed:
            says = f"{move.before[0]} and done with, then {move.after[0]} and waiting"
            yield of_delivery(row, "revived", says, invariant="I2", at=move.at)


def _due_at(facts: Sequence[Fact]) -> float | None:
    """When an attempt is due that facts of one fence made wait; None where its time may have been set anew since."""
    outcomes = [fact for fact in facts if fact.kind in _MAY_WAIT or is_tried_again(fact)]
    if not all(fact.kind in _WAITS_FOR_ITS_TIME for fact in outcomes):
        return None
    return min((fact.due_at for fact in outcomes if fact.due_at is not None), default=None)
