"""Who was to get an alert, worked out from consents and contact points alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.history import Alert, Consent, Contact
from tocsin_schemas.words import Channel

Who = tuple[UUID, UUID]
"""Member and contact point."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """When an audience was frozen: at a moment between two, which are one where it is known."""

    low: float
    high: float

    def always(self, begin: float, end: float | None) -> bool:
        """Whether what held from `begin` to `end` held then for certain."""
        return begin <= self.low and (end is None or end > self.high)

    def perhaps(self, begin: float, end: float | None) -> bool:
        """Whether it may have held then."""
        return begin <= self.high and (end is None or end > self.low)


@dataclass(frozen=True, slots=True)
class Eligible:
    """Who must have a row, and who may."""

    must: frozenset[Who]
    may: frozenset[Who]

    def on(self, channel: Channel, *, contacts: Mapping[UUID, Contact]) -> "Eligible":
        """Those of them on a channel."""
        must, may = (
            frozenset(who for who in some if contacts[who[1]].channel is channel)
            for some in (self.must, self.may)
        )
        return Eligible(must, may)

    def __or__(self, other: "Eligible") -> "Eligible":
        """Both."""
        return Eligible(self.must | other.must, self.may | other.may)


def frozen(index: Index, alert: Alert, *, version: int) -> Frozen:
    """When a version's audience was frozen.

    The ledger keeps the moment of the version in force. What is left of an earlier fan-out goes by it, too; so of an
    earlier version it was between the post and that moment.
    """
    if version == alert.version:
        return Frozen(alert.frozen_at, alert.frozen_at)
    posts = [a for a in index.history.answers if a.act == "post" and a.alert == alert.id]
    keys = {(answer.agency, answer.key) for answer in posts}
    sent = [a.sent_at for a in index.history.answers if a.act == "post" and (a.agency, a.key) in keys]
    return Frozen(min(sent, default=0.0), alert.frozen_at)


def audience(index: Index, alert: Alert, *, version: int) -> Eligible:
    """Whom a version that went to the whole audience was for; everybody lives inside its area."""
    at = frozen(index, alert, version=version)
    contacts: dict[UUID, list[Contact]] = {}
    for contact in index.history.dump.contacts.values():
        contacts.setdefault(contact.member, []).append(contact)
    must: set[Who] = set()
    may: set[Who] = set()
    for consent, contact in _pairs(index, alert, contacts):
        from_, until, confirmed = contact.valid_from, contact.valid_until, contact.confirmed_at
        if confirmed is None:
            continue
        spans = [(consent.valid_from, consent.valid_until), (max(from_, confirmed), until)]
        if all(at.always(*span) for span in spans):
            must.add((contact.member, contact.id))
        if all(at.perhaps(*span) for span in spans):
            may.add((contact.member, contact.id))
    return Eligible(frozenset(must), frozenset(may))


def _pairs(
    index: Index, alert: Alert, contacts: dict[UUID, list[Contact]]
) -> Iterator[tuple[Consent, Contact]]:
    for (member, agency, purpose, channel), consents in index.consents.items():
        if (agency, purpose) != (alert.agency, alert.purpose):
            continue
        for contact in contacts.get(member, ()):
            if contact.channel == channel:
                yield from ((consent, contact) for consent in consents)
