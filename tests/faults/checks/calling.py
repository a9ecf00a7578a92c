"""I2, calls: one at a time to a number, one member of a household, few to anybody. I5: only people hear. I7: the pace."""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from tests.faults.checks.index import SAME_MOMENT, Index
from tests.faults.checks.paces import too_fast
from tests.faults.checks.policies import CALLED_AGAIN, MOST_CALLS
from tests.faults.checks.says import of_delivery
from tests.faults.history import Accept, Call, Delivery, Fact, Finding
from tocsin_schemas.words import Channel, ReceiptKind, State

_AT_ONCE: Final = 0.5
"""Seconds by which one call may begin before another ends: they are written down one after the other."""
_OUT: Final = frozenset({"line_busy", "no_answer"})
_FOR_GOOD: Final = frozenset({State.FAILED, State.EXPIRED, State.CANCELLED, State.SUPPRESSED})

_Called = tuple[Delivery, Sequence[Accept]]
_Household = tuple[UUID, int, UUID]
"""Alert, version, and who lives together."""


def findings(index: Index) -> Iterator[Finding]:
    """Calls that ring where another one does, that come twice, too often, too soon or too fast, or that nobody heard."""
    yield from _at_once(index)
    by_household: dict[_Household, list[_Called]] = {}
    by_agency: dict[UUID, list[tuple[float, int]]] = {}
    for row in index.history.dump.deliveries.values():
        accepts = index.accepts.get(row.id, ()) if row.channel is Channel.VOICE else ()
        if not accepts:
            continue
        home = index.history.dump.households.get(row.member, row.member)
        by_household.setdefault((row.alert, row.version, home), []).append((row, accepts))
        alert = index.history.dump.alerts.get(row.alert)
        if alert is not None:
            by_agency.setdefault(alert.agency, []).extend((accept.begun, 1) for accept in accepts)
        yield from _too_often(row, accepts)
        yield from _again_too_soon(index, row)
        yield from _heard_by_machines(index, row)
    for called in by_household.values():
        yield from _twice(index, called)
    for agency, calls in by_agency.items():
        yield from too_fast(index, agency, calls, per_s=index.history.dump.calls_per_s[agency], of="calls")


def _at_once(index: Index) -> Iterator[Finding]:
    """Calls to one number, each against the one before it that lasts longest."""
    last: dict[str, Call] = {}
    end = index.history.dump.at
    for call in sorted(index.history.calls, key=lambda one: one.began):
        before = last.get(call.number)
        row = index.history.dump.deliveries.get(call.delivery)
        if before is None or _end(call, by=end) > _end(before, by=end):
            last[call.number] = call
        if before is not None and row is not None and call.began < _end(before, by=end) - _AT_ONCE:
            says = f"{before.delivery} of fence {before.fence} began {call.began - before.began:.1f} s before"
            yield of_delivery(row, "two calls at once", says, invariant="I2", at=call.began)


def _end(call: Call, *, by: float) -> float:
    return by if call.ended is None else call.ended


def _twice(index: Index, called: Sequence[_Called]) -> Iterator[Finding]:
    """A household is its first caller's, unless that one failed for good."""
    in_turn = sorted(called, key=lambda one: one[1][0].begun)
    for number, (row, accepts) in enumerate(in_turn):
        for other, _ in in_turn[:number]:
            if not _had_failed(index, other, by=accepts[0].begun):
                says = f"{other.id} had called, and was {other.state} in the end"
                yield of_delivery(row, "household called twice", says, invariant="I2", at=accepts[0].begun)
                break


def _had_failed(index: Index, row: Delivery, *, by: float) -> bool:
    return any(
        move.at <= by + SAME_MOMENT and move.after[0] in _FOR_GOOD and move.after[1] == "none"
        for move in index.moves_of(row.id)
    )


def _too_often(row: Delivery, accepts: Sequence[Accept]) -> Iterator[Finding]:
    if len(accepts) > MOST_CALLS:
        says = f"{len(accepts)} calls, {MOST_CALLS} lawful"
        yield of_delivery(row, "called too often", says, invariant="I2", at=accepts[MOST_CALLS].at)


def _again_too_soon(index: Index, row: Delivery) -> Iterator[Finding]:
    """Whoever is out is given some minutes."""
    for fact in index.facts_of(row.id):
        if fact.due_at is not None and _is_out(fact) and fact.due_at < fact.occurred_at + CALLED_AGAIN[0]:
            says = f"{fact.status}, to be called again after {fact.due_at - fact.occurred_at:.0f} s"
            yield of_delivery(row, "called again too soon", says, invariant="I2", at=fact.occurred_at)


def _is_out(fact: Fact) -> bool:
    return fact.kind is ReceiptKind.FAILED and fact.reason in _OUT


def _heard_by_machines(index: Index, row: Delivery) -> Iterator[Finding]:
    answered = {call.fence: call.answered_by for call in index.calls.get(row.id, ())}
    for fact in index.facts_of(row.id):
        if fact.kind is ReceiptKind.DELIVERED and answered.get(fact.fence) != "human":
            says = f"delivered, {answered.get(fact.fence) or 'nobody'} had answered"
            yield of_delivery(row, "heard by a machine", says, invariant="I5", at=fact.occurred_at)
