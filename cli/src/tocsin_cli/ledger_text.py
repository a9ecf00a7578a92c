"""The report on one screen, and as data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from tocsin_cli.ledger_report import Log, Report
from tocsin_cli.ledger_rules import needs
from tocsin_cli.moments import lasting, shown
from tocsin_cli.output import columns
from tocsin_store.operations import CAP, Backlog, Crew, Unfinished
from tocsin_store.pauses import Held

_HEAD: Final = ("LANE", "IN CHUNKS", "ON THE LOG", "PASSED", "DUE NOW", "LATER", "HELD")
_MOST_HOLDS: Final = 5
_WIDTH: Final = 14


def lines(report: Report) -> Iterator[str]:
    """For a person."""
    yield from columns([_HEAD, *(_lane(lane) for lane in report.backlogs)])
    yield ""
    for name, text in _facts(report):
        yield f"{name.ljust(_WIDTH)}{text}"
    wrong = needs(report)
    yield ""
    yield "Needs an operator:" if wrong else "Nothing needs an operator."
    yield from (f"  {each}" for each in wrong)


def data(report: Report) -> Mapping[str, object]:
    """For programs; durations in seconds."""
    plain = _plain({**asdict(report), "needs_operator": needs(report)})
    return plain if isinstance(plain, dict) else {}


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    yield "alerts", _alerts(report.unfinished)
    yield (
        "deliveries",
        _counts({state.value: n for state, n in report.unfinished.states.items()}) or "none unfinished",
    )
    yield (
        "outbox",
        f"{_count(report.outbox.rows)} rows"
        + (f", oldest {lasting(report.outbox.oldest)}" if report.outbox.rows else ""),
    )
    for crew in report.crews:
        yield crew.worker, _crew(crew)
    if not report.crews:
        yield "workers", "none alive"
    old = report.old_claims
    yield "claims", "too many to look through" if old is None else f"{_count(old)} older than a minute"
    yield from _holds(report.holds)
    yield "suppressed", f"{_count(report.suppressions)} addresses"
    yield from _log(report.log)


def _lane(lane: Backlog) -> Sequence[str]:
    counts = (lane.waiting, lane.on_log, lane.passed, lane.due_now, lane.due_later, lane.held)
    return (f"{lane.channel} {lane.lane}", *map(_count, counts))


def _alerts(unfinished: Unfinished) -> str:
    return (
        _counts({stage.replace("_", " "): n for stage, n in unfinished.stages.items()}) or "none unfinished"
    )


def _crew(crew: Crew) -> str:
    alive = f"{crew.live} alive"
    if crew.live:
        alive += f", heartbeat {lasting(crew.heartbeat)} ago, oldest open claim {lasting(crew.open_claim)}"
    return f"{alive}; {crew.dead} dead, not recovered for {lasting(crew.dead_for)}" if crew.dead else alive


def _holds(holds: Sequence[Held]) -> Iterator[tuple[str, str]]:
    if not holds:
        yield "holds", "none"
    for hold in holds[:_MOST_HOLDS]:
        yield (
            "hold",
            f"{hold.channel} {hold.route}: {hold.reason} for {lasting(hold.age)}, probed {shown(hold.until)}",
        )
    if len(holds) > _MOST_HOLDS:
        yield "", f"and {len(holds) - _MOST_HOLDS} more: `tocsin pauses list`"


def _log(log: Log | None) -> Iterator[tuple[str, str]]:
    if log is None:
        yield "log", "Kafka does not answer"
        return
    yield "receipts", f"{_count(log.unmerged)} not merged, {_count(log.late)} of them older than a minute"
    yield "dead letters", f"{_count(log.letters)} in the last day, {_count(log.letters_waiting)} not replayed"


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{_count(n)} {name}" for name, n in numbers.items() if n)


def _count(number: int) -> str:
    return f"{CAP:,}+" if number == CAP else f"{number:,}"


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
