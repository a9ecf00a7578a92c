"""I3: nothing is handed over more than two seconds after it was withdrawn, cancelled, corrected or had expired."""

from collections.abc import Iterator
from typing import Final

from tests.faults.checks.index import SAME_MOMENT, Bond, Index
from tests.faults.checks.says import of_delivery
from tests.faults.history import Accept, Delivery, Finding, Move, Suppression

_HAND_OVER: Final = 2.0
_CLAIM: Final = 0.5
"""Seconds a claim may take: it reads before it waits for rows."""


def findings(index: Index) -> Iterator[Finding]:
    """Hand-overs and claims after an end, and hand-overs to suppressed addresses."""
    yield from _withdrawals_lost(index)
    for row in index.history.dump.deliveries.values():
        for claim in index.claims.get(row.id, ()):
            yield from _after(index, row, claim.at, rule="claimed", within=_CLAIM)
        for accept in index.accepts.get(row.id, ()):
            yield from _after(index, row, accept.begun, rule="handed over", within=_HAND_OVER)
        yield from _suppressed(index, row)


def _after(index: Index, row: Delivery, seen: float, *, rule: str, within: float) -> Iterator[Finding]:
    at = index.earliest(seen)
    if rule == "claimed" and any(_overrun(index, row, at, within=within, seen=seen)):
        at = min(at, index.held_up(seen)[0])  # it may have read its clock before a fault held it up
    for by, end in _overrun(index, row, at, within=within, seen=seen):
        says = f"{at - end:.1f} s after the {by}"
        yield of_delivery(row, f"{rule} after the {by}", says, invariant="I3", at=seen)


def _overrun(
    index: Index, row: Delivery, at: float, *, within: float, seen: float
) -> Iterator[tuple[str, float]]:
    """What had been over for longer than `within` at the earliest, and since when."""
    ended = index.ends.get((row.alert, row.version))
    if ended is not None and at > ended.at + within:
        yield ended.by, ended.at
    withdrawn = _withdrawn(index, row, at, within=within, seen=seen)
    if withdrawn is not None:
        yield "opt-out", withdrawn


def _withdrawn(index: Index, row: Delivery, at: float, *, within: float, seen: float) -> float | None:
    """When its consent had been withdrawn for longer than `within`; None where it had not, or was given anew since."""
    bond = index.bond(row)
    if bond is None or bond not in index.withdrawals:
        return None
    last = max((one.at for one in index.withdrawals[bond] if one.at < at - within), default=None)
    if last is None:
        return None
    anew = (one for one in index.consents.get(bond, ()) if last <= one.valid_from <= seen)
    return None if any(_lasts(one.valid_until, beyond=at - within) for one in anew) else last


def _withdrawals_lost(index: Index) -> Iterator[Finding]:
    for bond, withdrawals in index.withdrawals.items():
        for withdrawal in withdrawals:
            if _still_granted(index, bond, withdrawal.at):
                says = "acknowledged, and the consent went on"
                yield Finding("I3", "withdrawal lost", str(bond[0]), says, at=withdrawal.at)


def _still_granted(index: Index, bond: Bond, at: float) -> bool:
    return any(
        consent.valid_from < at - _HAND_OVER and _lasts(consent.valid_until, beyond=at + SAME_MOMENT)
        for consent in index.consents.get(bond, ())
    )


def _lasts(until: float | None, *, beyond: float) -> bool:
    return until is None or until > beyond


def _suppressed(index: Index, row: Delivery) -> Iterator[Finding]:
    contact = index.history.dump.contacts.get(row.contact)
    if contact is None or not index.suppressions:
        return
    for suppression in index.suppressions.get((row.channel, contact.address.lower()), ()):
        for accept in index.accepts.get(row.id, ()):
            if any(_forbids(index, suppression, claim) for claim in _claim_of(index, accept)):
                says = f"begun {accept.begun - suppression.created_at:.1f} s after the suppression"
                yield of_delivery(row, "suppressed, and sent", says, invariant="I3", at=accept.at)


def _claim_of(index: Index, accept: Accept) -> list[Move]:
    """The first claim that may be the one of an accept, in a list; none where there is none."""
    return [index.claims[accept.delivery][number] for number in index.candidates(accept)[:1]]


def _forbids(index: Index, suppression: Suppression, claim: Move) -> bool:
    """Whether a claim must have seen it; it is older than its commit, and a fault may be the reason."""
    return (
        (suppression.kind, suppression.scope) == ("hard", "all")
        and suppression.created_at + _HAND_OVER < claim.at
        and index.held_up(suppression.created_at)[1] + _HAND_OVER < claim.at
        and _lasts(suppression.lifted_at, beyond=claim.at)
    )
