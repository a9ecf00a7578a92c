"""A run as one page: faults above, what the system did at the same time below, findings where they happened."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.faults.history import Answer, Finding, History, Injected
from tests.faults.reports import timeline_figures as figures
from tests.faults.reports.timeline_figures import Series, Span
from tests.faults.reports.timeline_shapes import chart, clock, hours, ticks

FAULTS, FINDINGS = 800, 250
"""So many of each are on the page: it must open on a phone. `report.json` has all."""
TIMELINES, LINES = 25, 60
"""So many findings have their timeline there, and so many lines each."""
AN_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bar:
    """A fault on the page."""

    number: int
    """Of its line in the list."""
    left: float
    width: float
    """Percent, as `left`."""
    begins: str
    """Minutes and seconds after the start."""
    seconds: float
    kind: str
    what: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding on the page."""

    number: int
    finding: Finding
    left: float | None
    """Percent; None: it has no moment."""
    moment: str
    unshown: int
    """How many lines of its timeline are not there."""


def write_timeline(path: Path, *, history: History, findings: Sequence[Finding], title: str) -> None:
    """Write a run as one HTML page that needs nothing else, not even a network. It stays below a megabyte.

    Args:
        path: Of the page; its folder is made if need be.
        history: Of the run. Only what is shown in bins may be large.
        findings: Shown at the last accept or change of what they are about.
        title: Of the page.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("timeline.html").render(
        _content(history, findings, figures.span_of(history), title=title)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _content(history: History, findings: Sequence[Finding], span: Span, *, title: str) -> dict[str, object]:
    """Gather what the template shows, by the names it uses."""
    bars = [_bar(fault, span, number=n) for n, fault in enumerate(_by_time(history)[:FAULTS], start=1)]
    series = _series(history, span)
    return {
        "title": title,
        "span": span,
        "figures": _figures(history, findings, span),
        "hours": hours(span),
        "bars": bars,
        "lanes": _lanes(bars),
        "ticks": _ticks(history, span),
        "charts": [chart(name, some, span=span) for name, some in series.items()],
        "marks": _marks(history, findings[:FINDINGS], span),
        "unshown": {
            "faults": max(len(history.faults) - FAULTS, 0),
            "findings": max(len(findings) - FINDINGS, 0),
        },
        "data": {
            "width": span.width,
            "series": [[one.name, list(one.values)] for some in series.values() for one in some],
        },
    }


def _series(history: History, span: Span) -> dict[str, tuple[Series, ...]]:
    per = "per second" if span.width == 1 else f"per {span.width} s"
    return {
        f"accepts {per}": figures.accepts(history, span),
        "deliveries": figures.states(history, span),
        "open work": figures.work(history, span),
        f"answers {per}": figures.answers(history, span),
    }


def _figures(history: History, findings: Sequence[Finding], span: Span) -> dict[str, str]:
    alerts = {answer.alert for answer in history.answers if answer.act == "post" and answer.alert is not None}
    accepted = len(history.accepts)
    again = accepted - len({accept.delivery for accept in history.accepts})
    counts = {
        "alerts": len(alerts),
        "deliveries": len(history.dump.deliveries),
        "accepts": accepted,
        "again": again,
        "faults": len(history.faults),
        "findings": len(findings),
    }
    return {"length": clock(span.seconds), **{name: f"{count:,}" for name, count in counts.items()}}


def _by_time(history: History) -> list[Injected]:
    return sorted(history.faults, key=lambda fault: (fault.began, fault.ended))


def _bar(fault: Injected, span: Span, *, number: int) -> Bar:
    left = span.percent(fault.began)
    return Bar(
        number=number,
        left=left,
        width=round(span.percent(fault.ended) - left, 3),
        begins=clock(fault.began - span.start),
        seconds=fault.ended - fault.began,
        kind=fault.kind,
        what=", ".join(f"{name} {_short(value)}" for name, value in fault.what.items()),
        failed="failed" in fault.what,
    )


def _short(value: str | float) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value}"


def _lanes(bars: Sequence[Bar]) -> dict[str, list[Bar]]:
    lanes: defaultdict[str, list[Bar]] = defaultdict(list)
    for bar in sorted(bars, key=lambda bar: (bar.kind, bar.number)):
        lanes[bar.kind].append(bar)
    return dict(lanes)


def _ticks(history: History, span: Span) -> dict[str, str]:
    def done(answer: Answer, act: str) -> bool:
        return answer.act == act and 200 <= answer.status < 300

    return {
        "posted": ticks((one.at for one in history.answers if done(one, "post")), span=span),
        "cancelled": ticks((one.at for one in history.answers if done(one, "cancel")), span=span),
        "corrected": ticks((one.at for one in history.answers if done(one, "correct")), span=span),
        "opted out": ticks((one.at for one in history.withdrawals), span=span),
    }


def _marks(history: History, findings: Sequence[Finding], span: Span) -> list[Mark]:
    named = {finding.about: _named(finding) for finding in findings}
    moments = dict(_moments(history, {name for name in named.values() if name is not None}))
    told, marks = 0, []
    for number, finding in enumerate(findings, start=1):
        lines = LINES if told < TIMELINES else 0
        told += bool(finding.timeline)
        marks.append(_mark(finding, moments.get(named[finding.about]), span, number=number, lines=lines))
    return marks


def _mark(finding: Finding, at: float | None, span: Span, *, number: int, lines: int) -> Mark:
    return Mark(
        number=number,
        finding=replace(finding, timeline=finding.timeline[:lines]),
        left=None if at is None else span.percent(at),
        moment="" if at is None else clock(at - span.start),
        unshown=max(len(finding.timeline) - lines, 0),
    )


def _named(finding: Finding) -> UUID | None:
    found = AN_ID.search(finding.about)
    return UUID(found.group()) if found else None


def _moments(history: History, named: set[UUID]) -> Iterator[tuple[UUID | None, float]]:
    """Yield what is named with a moment of it, the one to show last: when it ended, changed, was accepted."""
    yield from ((one.alert, one.at) for one in history.answers if one.alert in named)
    for delivery in named & history.dump.moves.keys():
        yield from ((delivery, move.at) for move in history.dump.moves[delivery][-1:])
    yield from ((one.delivery, one.at) for one in history.accepts if one.delivery in named)
