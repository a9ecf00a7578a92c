"""When deliveries may lawfully wait: faults, the time to come back from them, and holds that they left behind."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.faults.checks.index import Index
from tests.faults.checks.spans import Spans
from tests.faults.history import Injected
from tocsin_schemas.words import ReceiptKind

GRACE: Final = 20.0
"""Seconds after a fault in which all may still wait."""
_HELD: Final = 60.0
"""Seconds after the fault, as long again as it lasted, in which a hold that it caused is probed for certain."""

_PRODUCED_AGAIN: Final = 60.0
"""Seconds after which what was due and went to the log is produced again, should the log have lost it."""


@dataclass(frozen=True, slots=True)
class Disturbed:
    """When what goes to a destination may wait."""

    everywhere: Spans
    domains: Mapping[str, Spans]
    """Of destinations that faults were about alone: everywhere included."""
    faults: Sequence[Injected]
    """About one destination each."""

    @staticmethod
    def of(index: Index) -> "Disturbed":
        """Look at the faults of a run, and at what was deferred while they lasted."""
        local = [fault for fault in index.history.faults if fault.domain is not None]
        general = [fault for fault in index.history.faults if fault.domain is None and fault.disturbs]
        held = _deferred(index)
        everywhere = [_span(fault, held) for fault in general]
        domains: dict[str, list[tuple[float, float]]] = {}
        for fault in local:
            domains.setdefault((fault.domain or "").lower(), list(everywhere)).append(_span(fault, held))
        spans = {domain: Spans.of(pairs) for domain, pairs in domains.items()}
        return Disturbed(Spans.of(everywhere), spans, local)

    def at(self, domain: str) -> Spans:
        """When what goes there may wait."""
        return self.domains.get(domain, self.everywhere)

    def elsewhere(self, domain: str, begin: float, end: float) -> bool:
        """Whether another destination was broken meanwhile, or had just been."""
        return any(
            (fault.domain or "").lower() != domain and fault.began < end and fault.ended + GRACE > begin
            for fault in self.faults
        )


def domain_of(address: str) -> str:
    """The destination of an address."""
    return address.rpartition("@")[2].lower()


def _span(fault: Injected, held: Mapping[str | None, Sequence[float]]) -> tuple[float, float]:
    domain = None if fault.domain is None else fault.domain.lower()
    moments = held.get(domain, ())
    was_held = bisect_left(moments, fault.began) < bisect_right(moments, fault.ended + GRACE)
    hold = _HELD + (fault.ended - fault.began) if was_held else 0.0
    gone = _PRODUCED_AGAIN if (fault.loses or "").startswith("deliveries.") else 0.0
    return fault.began, fault.ended + max(hold, gone) + GRACE


def _deferred(index: Index) -> Mapping[str | None, Sequence[float]]:
    """When deliveries were deferred by holds: by destination, and under None all of them."""
    found: dict[str | None, list[float]] = {None: []}
    for domain, at in _deferrals(index):
        found[None].append(at)
        found.setdefault(domain, []).append(at)
    return {domain: sorted(moments) for domain, moments in found.items()}


def _deferrals(index: Index) -> Iterator[tuple[str, float]]:
    dump = index.history.dump
    for id_, facts in dump.facts.items():
        row = dump.deliveries.get(id_)
        contact = None if row is None else dump.contacts.get(row.contact)
        if contact is not None:
            for fact in facts:
                if fact.kind is ReceiptKind.DEFERRED and fact.reason != "quiet_hours":
                    yield domain_of(contact.address), fact.occurred_at
