"""A run in numbers."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median
from typing import Final

from tests.faults.history import Finding, History
from tocsin_schemas.words import ReceiptKind

_AFTERMATH: Final = 10.0
"""Seconds after a fault in which what shows may be its doing."""


@dataclass(frozen=True, slots=True)
class OfKind:
    """What came of one kind of fault."""

    faults: int
    findings: int
    """What showed while one was there, or ten seconds after: not for certain its doing."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did, and what broke."""

    deliveries: int
    faults: int
    lost: int
    """Findings of I1."""
    duplicates: int
    """Accepts beyond the first of each delivery, lawful ones included."""
    ambiguous: int
    """Attempts whose outcome nobody knew."""
    overruns: int
    """Findings of I3."""
    by_invariant: Mapping[str, int]
    by_kind: Mapping[str, OfKind]
    recovery_p50: float | None
    """Seconds from the end of a disturbing fault to the first accept of a delivery born after it; None without any."""
    recovery_max: float | None


def summary(history: History, findings: Sequence[Finding]) -> Summary:
    """Count what a run did, and what `check` found."""
    by_invariant: Counter[str] = Counter()
    for finding in findings:
        by_invariant[finding.invariant] += finding.more or 1
    accepts = Counter(accept.delivery for accept in history.accepts)
    facts = history.dump.facts.values()
    recoveries = [*_recoveries(history)]
    return Summary(
        deliveries=len(history.dump.deliveries),
        faults=len(history.faults),
        lost=by_invariant["I1"],
        duplicates=accepts.total() - len(accepts),
        ambiguous=sum(fact.kind is ReceiptKind.UNKNOWN for some in facts for fact in some),
        overruns=by_invariant["I3"],
        by_invariant={name: count for name, count in sorted(by_invariant.items()) if count},
        by_kind=_by_kind(history, findings),
        recovery_p50=median(recoveries) if recoveries else None,
        recovery_max=max(recoveries, default=None),
    )


def _by_kind(history: History, findings: Sequence[Finding]) -> Mapping[str, OfKind]:
    moments = [finding.at for finding in findings if finding.at is not None]
    faults = Counter(fault.kind for fault in history.faults)
    near: Counter[str] = Counter()
    for at in moments:
        near.update({f.kind for f in history.faults if f.began <= at <= f.ended + _AFTERMATH})
    return {kind: OfKind(count, near[kind]) for kind, count in sorted(faults.items())}


def _recoveries(history: History) -> Iterator[float]:
    births = {id_: moves[0].at for id_, moves in history.dump.moves.items() if moves}
    born = sorted((births[one.delivery], one.at) for one in history.accepts if one.delivery in births)
    moments = [birth for birth, _ in born]
    first_of_the_rest = [*accumulate((at for _, at in reversed(born)), min)][::-1]
    for fault in history.faults:
        number = bisect_right(moments, fault.ended)
        if fault.disturbs and number < len(born):
            yield first_of_the_rest[number] - fault.ended
