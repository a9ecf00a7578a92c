"""I1, audience: everyone who was to get a version has exactly one row of it, and nobody else has one."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.faults.checks.disturbed import Disturbed
from tests.faults.checks.eligible import Eligible, Who, audience
from tests.faults.checks.index import Index
from tests.faults.checks.says import of_delivery
from tests.faults.checks.steps import meant_for
from tests.faults.history import Alert, Delivery, Finding
from tocsin_schemas.words import ReceiptKind


def findings(index: Index) -> Iterator[Finding]:
    """Members without their row, with two, and rows of nobody who was meant."""
    dump, disturbed = index.history.dump, Disturbed.of(index)
    for alert in dump.alerts.values():
        for version in range(1, alert.version + 1):
            yield from _version(index, alert, version=version, disturbed=disturbed)
    for (id_, version), rows in index.rows.items():
        known = dump.alerts.get(id_)
        if known is None or not 1 <= version <= known.version:
            yield from (of_delivery(row, "row of no alert", f"alert {id_} version {version}") for row in rows)


def _version(index: Index, alert: Alert, *, version: int, disturbed: Disturbed) -> Iterator[Finding]:
    rows = index.rows.get((alert.id, version), ())
    if (alert.id, version) in index.history.dump.reached_versions:
        told = _reached(index, alert, version=version)
        yield from _compared(
            alert, rows, told, missing="reached, and not told more", extra="told more, and not reached"
        )
        return
    everybody = audience(index, alert, version=version)
    steps = index.steps.get((alert.id, version), ())
    for wave in sorted({0, *(step.wave for step in steps), *(row.wave for row in rows)}):
        own = [step for step in steps if step.wave == wave]
        meant = meant_for(index, everybody, of=own, disturbed=disturbed) if steps else everybody
        missing = "silent, and passed over" if wave else "no row"
        there = [row for row in rows if row.wave == wave]
        yield from _compared(alert, there, meant, missing=missing, extra="row for nobody eligible")


def _compared(
    alert: Alert, rows: Sequence[Delivery], meant: Eligible, *, missing: str, extra: str
) -> Iterator[Finding]:
    """One row for everybody who is meant, and no other."""
    counts = Counter(_who(row) for row in rows)
    for member, contact in sorted(meant.must - counts.keys()):
        says = f"for member {member}, contact point {contact}"
        yield Finding("I1", missing, str(alert.id), says, at=alert.frozen_at)
    for row in rows:
        says = f"version {row.version}, wave {row.wave}, member {row.member}"
        if _who(row) not in meant.may:
            yield of_delivery(row, extra, says)
        if counts[_who(row)] > 1:
            yield of_delivery(row, "two rows", says)


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
