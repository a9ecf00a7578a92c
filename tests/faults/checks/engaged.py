"""When a number is engaged: whoever is to be called there, or in that household, is put off until it may be free."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.history import Call, Delivery
from tocsin_schemas.words import Channel, ReceiptKind

_BEFORE: Final = 3.0
"""Seconds from when a line is taken until it is dialled."""
_LOOKED_AT_AGAIN: Final = 80.0
"""Seconds within which whoever was put off comes again."""
_ASKED_AFTER: Final = 90.0
"""Seconds from when a line is taken until its call was asked after, perhaps twice, where nobody told its end."""
_ENDS: Final = ("completed", "busy", "no-answer", "failed", "canceled")
"""Twilio's words for a call that is over."""


@dataclass(frozen=True, slots=True)
class Engaged:
    """Calls by number, and the numbers of each household."""

    index: Index
    calls: Mapping[str, Sequence[Call]]
    numbers: Mapping[UUID, set[str]]
    doubts: Mapping[str, Sequence[float]]
    """When nobody knew whether a number rang."""

    @staticmethod
    def of(index: Index) -> "Engaged":
        """Look through a history once."""
        calls: defaultdict[str, list[Call]] = defaultdict(list)
        for call in index.history.calls:
            calls[call.number].append(call)
        numbers: defaultdict[UUID, set[str]] = defaultdict(set)
        dump = index.history.dump
        for contact in dump.contacts.values():
            numbers[dump.households.get(contact.member, contact.member)].add(contact.address)
        doubts: defaultdict[str, list[float]] = defaultdict(list)
        for row in dump.deliveries.values():
            if row.channel is Channel.VOICE and row.contact in dump.contacts:
                doubts[dump.contacts[row.contact].address] += [
                    fact.occurred_at for fact in index.facts_of(row.id) if fact.kind is ReceiptKind.UNKNOWN
                ]
        return Engaged(index, calls, numbers, doubts)

    def spans(self, row: Delivery) -> Iterator[tuple[float, float]]:
        """Stretches in which a delivery may wait for that; none where it is no call."""
        if row.channel is not Channel.VOICE:
            return
        home = self.index.history.dump.households.get(row.member, row.member)
        for number in self.numbers.get(home, ()):
            for call in self.calls.get(number, ()):
                yield call.began - _BEFORE, self._over(call) + _LOOKED_AT_AGAIN
            for at in self.doubts.get(number, ()):
                yield at - _BEFORE, at + _ASKED_AFTER + _LOOKED_AT_AGAIN

    def _over(self, call: Call) -> float:
        """When it has ended and we know of it, or is made again."""
        facts = [fact for fact in self.index.facts_of(call.delivery) if fact.fence == call.fence]
        again = [fact.due_at for fact in facts if fact.due_at is not None]
        untold = not any((fact.status or "").startswith(_ENDS) for fact in facts)
        asked = [call.began + _ASKED_AFTER] if untold else []
        return max([self.index.history.dump.at if call.ended is None else call.ended, *again, *asked])
