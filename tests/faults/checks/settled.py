"""I1, rows: each is settled at the end, and says of its provider what the provider says."""

from collections.abc import Iterator, Mapping
from typing import Final

from tests.faults.checks.index import Index
from tests.faults.checks.policies import looks_up, resends
from tests.faults.checks.says import of_delivery
from tests.faults.history import Delivery, Finding
from tocsin_schemas.words import ReceiptKind, Severity, State

_TAKEN: Final = frozenset({State.SENT, State.VOICEMAIL, State.DELIVERED, State.ACKNOWLEDGED})
_TRIED_TWICE: Final = 2
_MINUTE: Final = 80.0
_PASSES_AFTER: Final[Mapping[Severity, float]] = {Severity.EXTREME: 7.0, Severity.SEVERE: 40.0}
"""Seconds after which a second attempt would have come, however late; others wait for more than a minute."""
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
    """A carrier's fault passes: a failure of that kind is not the last word while there is time, but for the third."""
    alert, end = index.history.dump.alerts.get(row.alert), index.ends.get((row.alert, row.version))
    if alert is None or end is None or row.fence > _TRIED_TWICE:
        return
    for fact in index.facts_of(row.id):
        passes = fact.kind is ReceiptKind.FAILED and fact.reason == "carrier_fault" and fact.due_at is None
        if passes and fact.occurred_at < end.at - _PASSES_AFTER.get(alert.severity, _MINUTE):
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
