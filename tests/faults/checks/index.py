"""A history, looked up: made once, read by every check."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from tests.faults.checks.ends import End, Moments, acknowledged, version_ends
from tests.faults.checks.spans import Spans
from tests.faults.history import (
    Accept,
    Call,
    Callback,
    Consent,
    Delivery,
    Fact,
    History,
    Injected,
    Move,
    Step,
    Suppression,
    Withdrawal,
)
from tocsin_schemas.words import Channel, Purpose

AFTER: Final = 1.0
"""Seconds after a fault in which what it held up still arrives."""
SAME_MOMENT: Final = 0.05
"""Seconds by which two observers may differ about one moment."""
_NOWHERE: Final = frozenset({"failed", "canceled"})

Bond = tuple[UUID, UUID, Purpose, Channel]
"""Member, agency, purpose, channel: what a consent is about."""
Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Index:
    """What a check looks up; everything in order of time."""

    history: History
    rows: Mapping[tuple[UUID, int], Sequence[Delivery]]
    """By alert and version."""
    accepts: Mapping[UUID, Sequence[Accept]]
    """By delivery, in order of their beginning."""
    calls: Mapping[UUID, Sequence[Call]]
    """By delivery."""
    claims: Mapping[UUID, Sequence[Move]]
    callbacks: Mapping[UUID, Sequence[Callback]]
    withdrawals: Mapping[Bond, Sequence[Withdrawal]]
    consents: Mapping[Bond, Sequence[Consent]]
    suppressions: Mapping[tuple[Channel, str], Sequence[Suppression]]
    """By channel and address in lower case."""
    ends: Mapping[tuple[UUID, int], End]
    """By alert and version."""
    steps: Mapping[tuple[UUID, int], Sequence[Step]]
    """By alert and version."""
    climbs: Mapping[tuple[UUID, int, UUID], Sequence[Delivery]]
    """Rows of versions with a plan, by alert, version and member."""
    corrections: Moments
    cancels: Moments
    slow: Spans
    """When bytes that had been written might not arrive at once."""
    losing: Sequence[Injected]
    """What deleted receipts."""

    @staticmethod
    def of(history: History) -> "Index":
        """Look through a history once."""
        dump = history.dump
        planned = {(step.alert, step.version) for step in dump.steps if step.wave}
        climbs = (row for row in dump.deliveries.values() if (row.alert, row.version) in planned)
        corrections, cancels = (acknowledged(history.answers, act) for act in ("correct", "cancel"))
        return Index(
            history,
            rows=_by(dump.deliveries.values(), lambda row: (row.alert, row.version)),
            accepts=_by(history.accepts, lambda one: one.delivery, order=lambda one: one.begun),
            calls=_by(history.calls, lambda one: one.delivery, order=lambda one: one.began),
            claims={id_: [move for move in moves if move.claims] for id_, moves in dump.moves.items()},
            callbacks=_by(history.callbacks, lambda one: one.delivery, order=lambda one: one.at),
            withdrawals=_by(history.withdrawals, bond_of, order=lambda one: one.at),
            consents=_by(dump.consents, bond_of, order=lambda one: one.valid_from),
            suppressions=_by(dump.suppressions, lambda one: (one.channel, one.address.lower())),
            ends=version_ends(dump, corrections=corrections, cancels=cancels),
            steps=_by(dump.steps, lambda step: (step.alert, step.version)),
            climbs=_by(climbs, lambda row: (row.alert, row.version, row.member)),
            corrections=corrections,
            cancels=cancels,
            slow=Spans.of((f.began, f.ended + AFTER) for f in history.faults if f.slows_hand_over),
            losing=[fault for fault in history.faults if fault.loses == "receipts"],
        )

    def facts_of(self, delivery: UUID) -> Sequence[Fact]:
        """What was merged about a delivery."""
        return self.history.dump.facts.get(delivery, ())

    def moves_of(self, delivery: UUID) -> Sequence[Move]:
        """What changed of a delivery's row."""
        return self.history.dump.moves.get(delivery, ())

    def step_of(self, row: Delivery) -> Step | None:
        """The step of a plan that a row is of."""
        steps = self.steps.get((row.alert, row.version), ())
        return next((one for one in steps if (one.wave, one.channel) == (row.wave, row.channel)), None)

    def siblings(self, row: Delivery) -> Sequence[Delivery]:
        """What else its member has of its version; nothing where that has no plan."""
        rows = self.climbs.get((row.alert, row.version, row.member), ())
        return [other for other in rows if other.id != row.id]

    def bond(self, row: Delivery) -> Bond | None:
        """What the consent for a delivery is about; None where its alert is not known."""
        alert = self.history.dump.alerts.get(row.alert)
        return None if alert is None else (row.member, alert.agency, alert.purpose, row.channel)

    def earliest(self, at: float) -> float:
        """When that which was seen at a moment may have been begun, had a fault held it up."""
        began = self.slow.begin_of(at)
        return at if began is None else began

    def held_up(self, at: float) -> tuple[float, float]:
        """Between which moments a statement that read or wrote its clock then was sent and committed: faults hold it up.

        Looks at every fault: ask only about what looks wrong.
        """
        faults = [
            fault
            for fault in self.history.faults
            if fault.disturbs and fault.domain is None and fault.began - AFTER <= at <= fault.ended + AFTER
        ]
        begins, ends = (fault.began for fault in faults), (fault.ended + AFTER for fault in faults)
        return min([at, *begins]), max([at, *ends])

    def rang_nowhere(self, accept: Accept) -> bool:
        """Whether it is a call that ended before anybody's phone rang: as good as one that was never made."""
        calls = self.calls.get(accept.delivery, ())
        return any(call.fence == accept.fence and call.status in _NOWHERE for call in calls)

    def candidates(self, accept: Accept) -> range:
        """Numbers of the claims of its delivery under which a message may have been handed over; empty: none."""
        claims = self.claims.get(accept.delivery, ())
        if accept.fence is not None:
            return _of_fence(claims, accept)
        moments = [claim.at for claim in claims]
        last = bisect_right(moments, accept.begun + SAME_MOMENT)
        first = bisect_right(moments, self.earliest(accept.begun) + SAME_MOMENT)
        return range(max(first, 1) - 1, last)


def _of_fence(claims: Sequence[Move], accept: Accept) -> range:
    """The number of the claim under its fence, if that is older."""
    for number, claim in enumerate(claims):
        if claim.after[2] == accept.fence and claim.at <= accept.begun + SAME_MOMENT:
            return range(number, number + 1)
    return range(0)


def bond_of(one: Consent | Withdrawal) -> Bond:
    """What a consent or its withdrawal is about."""
    return one.member, one.agency, one.purpose, one.channel


def _by(
    items: Iterable[Item], key: Callable[[Item], Key], *, order: Callable[[Item], float] | None = None
) -> Mapping[Key, Sequence[Item]]:
    groups: defaultdict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    if order is not None:
        for group in groups.values():
            group.sort(key=order)
    return dict(groups)
