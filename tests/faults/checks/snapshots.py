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
    shown: dict[UUID, list[Snapshot]] = {}
    for snapshot in index.history.snapshots:
        yield from _alone(snapshot)
        shown.setdefault(snapshot.alert, []).append(snapshot)
    for id_, snapshots in shown.items():
        alert = index.history.dump.alerts.get(id_)
        metrics = [one for one in snapshots if one.surface == "metrics"]
        yield from _at_the_doors([one for one in snapshots if one.surface == "api"])
        yield from _published(metrics)
        if alert is not None:
            yield from _contents(metrics if alert.version == 1 else [])
            yield from _finals(index, alert, [one for one in snapshots if one.final])


def _alone(snapshot: Snapshot) -> Iterator[Finding]:
    total = sum(snapshot.states.values())
    if total != snapshot.deliveries:
        yield _of(snapshot, "does not add up", f"{snapshot.deliveries} deliveries, states sum to {total}")
    negative = {state.value: n for state, n in snapshot.states.items() if n < 0}
    if negative or snapshot.deliveries < 0:
        yield _of(snapshot, "negative count", f"{snapshot.deliveries} deliveries, {negative}")


def _at_the_doors(snapshots: Sequence[Snapshot]) -> Iterator[Finding]:
    for before, after in pairwise(sorted(snapshots, key=lambda one: one.at)):
        if after.version < before.version:
            yield _of(after, "version fell", f"from {before.version} to {after.version}")


def _published(snapshots: Sequence[Snapshot]) -> Iterator[Finding]:
    """Readers of the topic ignore lower versions; but what is last is all that compaction keeps."""
    newest = max((one.version for one in snapshots), default=0)
    last = [one for one in snapshots if not one.final][-1:]
    if last and last[0].version < newest:
        yield _of(last[0], "version fell", f"{last[0].version} is the last, {newest} was there")


def _contents(snapshots: Sequence[Snapshot]) -> Iterator[Finding]:
    """A version may be told again, by a publisher that does not know whether it was; it is the same then."""
    told: dict[int, Mapping[State, int]] = {}
    for snapshot in snapshots:
        counts = _counted(snapshot.states)
        if told.setdefault(snapshot.version, counts) != counts:
            yield _of(snapshot, "two contents of a version", f"version {snapshot.version}")


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
