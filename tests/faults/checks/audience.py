"""I1, audience: everyone who was to get a version has exactly one row of it, and nobody else has one."""

from collections import Counter
from collections.abc import Iterator

from tests.faults.checks.eligible import Eligible, Who, audience
from tests.faults.checks.index import Index
from tests.faults.checks.says import of_delivery
from tests.faults.history import Alert, Delivery, Finding
from tocsin_schemas.words import ReceiptKind


def findings(index: Index) -> Iterator[Finding]:
    """Members without their row, with two, and rows of nobody who was meant."""
    dump = index.history.dump
    for alert in dump.alerts.values():
        for version in range(1, alert.version + 1):
            yield from _version(index, alert, version=version)
    for (id_, version), rows in index.rows.items():
        known = dump.alerts.get(id_)
        if known is None or not 1 <= version <= known.version:
            yield from (of_delivery(row, "row of no alert", f"alert {id_} version {version}") for row in rows)


def _version(index: Index, alert: Alert, *, version: int) -> Iterator[Finding]:
    reached = (alert.id, version) in index.history.dump.reached_versions
    eligible = _reached(index, alert, version=version) if reached else audience(index, alert, version=version)
    rows = index.rows.get((alert.id, version), ())
    counts = Counter(_who(row) for row in rows)
    rule = "reached, and not told more" if reached else "no row"
    for member, contact in sorted(eligible.must - counts.keys()):
        says = f"of version {version} for member {member}, contact point {contact}"
        yield Finding("I1", rule, str(alert.id), says, at=alert.frozen_at)
    for row in rows:
        if _who(row) not in eligible.may:
            rule = "told more, and not reached" if reached else "row for nobody eligible"
            yield of_delivery(row, rule, f"version {version}, member {row.member}")
        if counts[_who(row)] > 1:
            yield of_delivery(row, "two rows", f"version {version}, member {row.member}")


def _reached(index: Index, alert: Alert, *, version: int) -> Eligible:
    """Those whom an earlier version reached: whom a provider accepted, and perhaps whom one may have."""
    must: set[Who] = set()
    may: set[Who] = set()
    for earlier in range(1, version):
        for row in index.rows.get((alert.id, earlier), ()):
            accepted = row.id in index.accepts
            if accepted or row.ambiguous > 0:
                may.add(_who(row))
            if accepted and not _refuted(index, row):
                must.add(_who(row))
    return Eligible(frozenset(must), frozenset(may))


def _refuted(index: Index, row: Delivery) -> bool:
    return any(fact.kind is ReceiptKind.FAILED for fact in index.facts_of(row.id))


def _who(row: Delivery) -> Who:
    return row.member, row.contact
