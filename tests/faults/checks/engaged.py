"""When a number is engaged: whoever is to be called there, or in that household, is put off until it may be free."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.history import Call, Delivery
from tocsin_schemas.words import Channel

_BEFORE: Final = 3.0
"""Seconds from when a line is taken until it is dialled."""
_LOOKED_AT_AGAIN: Final = 80.0
"""Seconds within which whoever was put off comes again."""


@dataclass(frozen=True, slots=True)
class Engaged:
    """Calls by number, and the numbers of each household."""

    index: Index
    calls: Mapping[str, Sequence[Call]]
    numbers: Mapping[UUID, set[str]]

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
        return Engaged(index, calls, numbers)

    def spans(self, row: Delivery) -> Iterator[tuple[float, float]]:
        """Stretches in which a delivery may wait for that; none where it is no call."""
        if row.channel is not Channel.VOICE:
            return
        home = self.index.history.dump.households.get(row.member, row.member)
        for number in self.numbers.get(home, ()):
            for call in self.calls.get(number, ()):
                yield call.began - _BEFORE, self._over(call) + _LOOKED_AT_AGAIN

    def _over(self, call: Call) -> float:
        """When it has ended, or is made again."""
        again = [
            fact.due_at
            for fact in self.index.facts_of(call.delivery)
            if fact.fence == call.fence and fact.due_at is not None
        ]
        return max([self.index.history.dump.at if call.ended is None else call.ended, *again])
