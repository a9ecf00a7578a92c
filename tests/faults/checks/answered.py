"""I1, clients: what was answered 202 is there."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from tests.faults.checks.index import Index
from tests.faults.history import Alert, Answer, Finding
from tocsin_schemas.words import RANK, State


def findings(index: Index) -> Iterator[Finding]:
    """Alerts, cancels and corrections that were accepted and are not there, and keys that name two alerts."""
    alerts = index.history.dump.alerts
    named: dict[tuple[UUID, str], UUID] = {}
    lost: set[UUID] = set()
    for answer in index.history.answers:
        if answer.status != 202 or answer.alert is None:
            continue
        if named.setdefault((answer.agency, answer.key), answer.alert) != answer.alert:
            yield _about(
                answer.alert, "two alerts of a key", f"key {answer.key} named another before", answer
            )
        if answer.alert not in alerts and answer.alert not in lost:
            lost.add(answer.alert)
            yield _about(answer.alert, "alert lost", "answered 202, not in the ledger", answer)
        yield from _unlike_its_plan(index, answer, answer.alert)
    yield from _more_than_posted(index)
    for alert in alerts.values():
        yield from _changes(index, alert)


def _more_than_posted(index: Index) -> Iterator[Finding]:
    """An agency has at most one alert for each key under which a post may have come through."""
    keys = {(a.agency, a.key) for a in index.history.answers if a.act == "post" and _perhaps_done(a)}
    posted = Counter(agency for agency, _ in keys)
    there = Counter(alert.agency for alert in index.history.dump.alerts.values())
    for agency in sorted(posted):
        if there[agency] > posted[agency]:
            says = f"{there[agency]} alerts, {posted[agency]} keys"
            yield Finding("I1", "more alerts than keys", str(agency), says)


def _perhaps_done(answer: Answer) -> bool:
    return answer.status in {0, 202} or answer.status >= 500


def _unlike_its_plan(index: Index, answer: Answer, alert: UUID) -> Iterator[Finding]:
    """The steps that are kept are those that were posted; who has got it is left out of one that does not say more."""
    kept = index.steps.get((alert, 1), ())
    if not answer.plan or not kept:
        return
    begin = min(step.not_before for step in kept)
    there = {(one.wave, one.channel, round(one.not_before - begin), one.stops_at) for one in kept}
    asked = {
        (wave, channel, step.after, RANK[step.unless or State.DELIVERED] if wave else None)
        for wave, step in enumerate(answer.plan)
        for channel in step.channels
    }
    if there != asked:
        yield _about(
            alert, "unlike its plan", f"{len(asked)} ways were asked for, {len(there)} are kept", answer
        )


def _changes(index: Index, alert: Alert) -> Iterator[Finding]:
    corrections = index.corrections.get(alert.id, ())
    if alert.version <= len(corrections):
        says = f"{len(corrections)} answered 202, the ledger is at version {alert.version}"
        yield Finding("I1", "correction lost", str(alert.id), says, at=corrections[-1])
    cancels = index.cancels.get(alert.id, ())
    if cancels and alert.state != "cancelled":
        says = f"answered 202, the ledger says {alert.state}"
        yield Finding("I1", "cancel lost", str(alert.id), says, at=cancels[0])


def _about(alert: UUID, rule: str, says: str, answer: Answer) -> Finding:
    return Finding("I1", rule, str(alert), says, at=answer.at)
