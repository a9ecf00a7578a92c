"""I6: what a surface shows adds up, never goes back, and is what the ledger says in the end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.history import Alert, Finding, Snapshot
from tocsin_schemas.words import State


def findings(index: Index) -> Iterator[Finding]:
    """Snapshots that are wrong, of themselves or beside others."""
    shown: dict[UUID, dict[str, list[Snapshot]]] = {}
    for snapshot in sorted(index.history.snapshots, key=lambda one: one.at):
        yield from _alone(snapshot)
        shown.setdefault(snapshot.alert, {}).setdefault(snapshot.surface, []).append(snapshot)
    for id_, surfaces in shown.items():
        for snapshots in surfaces.values():
            for before, after in pairwise(snapshots):
                yield from _in_order(before, after)
        alert = index.history.dump.alerts.get(id_)
        if alert is not None:
            yield from _finals(index, alert, [one for some in surfaces.values() for one in some if one.final])


def _alone(snapshot: Snapshot) -> Iterator[Finding]:
    total = sum(snapshot.states.values())
    if total != snapshot.deliveries:
        yield _of(snapshot, "does not add up", f"{snapshot.deliveries} deliveries, states sum to {total}")
    negative = {state.value: n for state, n in snapshot.states.items() if n < 0}
    if negative or snapshot.deliveries < 0:
        yield _of(snapshot, "negative count", f"{snapshot.deliveries} deliveries, {negative}")


def _in_order(before: Snapshot, after: Snapshot) -> Iterator[Finding]:
    """A version may be told again, by a publisher that does not know whether it was; it is the same then."""
    if after.version < before.version:
        yield _of(after, "version fell", f"from {before.version} to {after.version}")
    told_again = after.surface == "metrics" and after.version == before.version
    if told_again and _counted(after.states) != _counted(before.states):
        yield _of(after, "two contents of a version", f"version {after.version}")


def _finals(index: Index, alert: Alert, finals: Sequence[Snapshot]) -> Iterator[Finding]:
    """Surfaces show the version of the alert that is in force."""
    counts = Counter(row.state for row in index.rows.get((alert.id, alert.version), ()))
    for snapshot in finals:
        if _counted(snapshot.states) != counts:
            says = f"{_words(snapshot.states)}, the ledger says {_words(counts)}"
            yield _of(snapshot, "unlike the ledger", says)
    newest = {snapshot.surface: snapshot for snapshot in finals}
    versions = {surface: snapshot.version for surface, snapshot in newest.items()}
    if len(set(versions.values())) > 1:
        yield _of(newest["metrics"], "surfaces disagree", f"versions {versions}")


def _counted(states: Mapping[State, int]) -> Mapping[State, int]:
    return {state: count for state, count in states.items() if count}


def _words(states: Mapping[State, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items()) if count) or "nothing"


def _of(snapshot: Snapshot, rule: str, says: str) -> Finding:
    return Finding("I6", rule, str(snapshot.alert), f"{snapshot.surface}: {says}", at=snapshot.at)
