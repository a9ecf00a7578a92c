"""I1, rows: each is settled at the end, and says of its provider what the provider says."""

from collections.abc import Iterator
from typing import Final

from tests.faults.checks.index import Index
from tests.faults.checks.policies import looks_up, passes, resends, tried_again_after, was_tried_often
from tests.faults.checks.says import of_delivery
from tests.faults.history import Delivery, Finding
from tocsin_schemas.words import ReceiptKind, State

_TAKEN: Final = frozenset({State.SENT, State.VOICEMAIL, State.DELIVERED, State.ACKNOWLEDGED})
_TRACES: Final = frozenset(
    {
        ReceiptKind.ACCEPTED,
        ReceiptKind.UNKNOWN,
        ReceiptKind.VOICEMAIL,
        ReceiptKind.DELIVERED,
        ReceiptKind.ACKNOWLEDGED,
        ReceiptKind.COMPLAINED,
        ReceiptKind.FAILED,  # a bounce may be all that is left of an accept
    }
)


def findings(index: Index) -> Iterator[Finding]:
    """What is left to do, and where ledger and providers disagree."""
    dump = index.history.dump
    for name, count in dump.left.items():
        if count:
            yield Finding("I1", "something left", name, f"{count} at the end")
    for row in dump.deliveries.values():
        yield from _unsettled(index, row)
        yield from _unlike_the_provider(index, row)
        yield from _never_tried_again(index, row)
    for accept in index.history.accepts:
        if accept.delivery not in dump.deliveries:
            says = "a provider accepted what the ledger does not know"
            yield Finding("I1", "sent, not in the ledger", str(accept.delivery), says, at=accept.at)


def _unsettled(index: Index, row: Delivery) -> Iterator[Finding]:
    if row.work != "none" or row.state is State.PENDING:
        says = f"{row.state}, work {row.work}, fence {row.fence}, reason {row.reason}"
        yield of_delivery(row, "not settled", says)
    elif row.state is State.UNKNOWN:
        doubts = sum(fact.kind is ReceiptKind.UNKNOWN for fact in index.facts_of(row.id))
        if doubts <= resends(index, row) + looks_up(row):
            yield of_delivery(row, "given up early", f"unknown after {doubts} doubts")


def _never_tried_again(index: Index, row: Delivery) -> Iterator[Finding]:
    """A carrier's fault passes: a failure of that kind is not the last word while there is time, but for the last."""
    end = index.ends.get((row.alert, row.version))
    if end is None or was_tried_often(row):
        return
    latest = end.at - tried_again_after(index, row)
    for fact in index.facts_of(row.id):
        if passes(row, fact) and fact.due_at is None and fact.occurred_at < latest:
            says = f"{fact.status}, {end.at - fact.occurred_at:.0f} s before the {end.by}"
            yield of_delivery(row, "never tried again", says, at=fact.occurred_at)


def _unlike_the_provider(index: Index, row: Delivery) -> Iterator[Finding]:
    accepts = index.accepts.get(row.id, ())
    if not accepts:
        if row.state in _TAKEN:
            yield of_delivery(row, "sent by the ledger alone", f"{row.state}, no provider accepted it")
        return
    if row.ambiguous == 0 and _TRACES.isdisjoint(fact.kind for fact in index.facts_of(row.id)):
        says = f"accepted by a provider, the ledger says {row.state} and no fact tells"
        yield of_delivery(row, "sent in secret", says, at=accepts[0].at)
    contact = index.history.dump.contacts.get(row.contact)
    for accept in accepts:
        if contact is None or accept.recipient.lower() != contact.address.lower():
            yield of_delivery(row, "sent elsewhere", "not to its contact point", at=accept.at)
