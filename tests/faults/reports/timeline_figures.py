"""A run as figures over time: so many accepts in each second, so many deliveries in each state at its end."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise

from tests.faults.history import History, Move
from tocsin_schemas.words import State

BINS = 900
"""At most so many: a longer run has wider ones."""
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600)
STACKED = (
    State.ACKNOWLEDGED,
    State.DELIVERED,
    State.SENT,
    State.VOICEMAIL,
    State.UNKNOWN,
    State.FAILED,
    State.EXPIRED,
    State.CANCELLED,
    State.SUPPRESSED,
    State.PENDING,
)
"""From the ground up: what is over lies below, what is still to come on top."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time a page shows, cut into bins."""

    start: float
    """Unix seconds."""
    bins: int
    width: int
    """Seconds of a bin."""

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.bins * self.width

    def bin_of(self, at: float) -> int:
        """Return which bin a moment falls into; the first or last where it lies outside."""
        return min(max(int((at - self.start) // self.width), 0), self.bins - 1)

    def percent(self, at: float) -> float:
        """Return how far from the left a moment is; within 0 and 100."""
        return round(min(max((at - self.start) / self.seconds, 0), 1) * 100, 3)


@dataclass(frozen=True, slots=True)
class Series:
    """A figure for each bin."""

    name: str
    values: Sequence[int]


def span_of(history: History) -> Span:
    """Return the span from the first thing that happened to the last."""
    moments = list(_moments(history)) or [history.dump.at]
    start, end = math.floor(min(moments)), max(moments)
    width = next((width for width in WIDTHS if (end - start) / width < BINS), math.ceil((end - start) / BINS))
    return Span(start=start, bins=max(math.ceil((end - start) / width), 1), width=width)


def _moments(history: History) -> Iterator[float]:
    for answer in history.answers:
        yield from (answer.sent_at, answer.at)
    for fault in history.faults:
        yield from (fault.began, fault.ended)
    for moves in history.dump.moves.values():
        yield from (move.at for move in (*moves[:1], *moves[-1:]))
    yield from (accept.at for accept in history.accepts)
    yield from (callback.at for callback in history.callbacks)


def accepts(history: History, span: Span) -> tuple[Series, Series]:
    """Count accepts by bin: the first of each delivery, and those again."""
    first, again, seen = [0] * span.bins, [0] * span.bins, set()
    for accept in sorted(history.accepts, key=lambda accept: accept.at):
        (again if accept.delivery in seen else first)[span.bin_of(accept.at)] += 1
        seen.add(accept.delivery)
    return Series("accepted", first), Series("again", again)


def answers(history: History, span: Span) -> tuple[Series, Series, Series]:
    """Count what clients were answered by bin: 2xx, anything else, nothing at all."""
    good, refused, none = [0] * span.bins, [0] * span.bins, [0] * span.bins
    for answer in history.answers:
        kind = none if answer.status == 0 else good if 200 <= answer.status < 300 else refused
        kind[span.bin_of(answer.at)] += 1
    return Series("answered", good), Series("refused", refused), Series("unanswered", none)


def states(history: History, span: Span) -> tuple[Series, ...]:
    """Count deliveries by state at the end of each bin; states in which there never was any are left out."""
    changes = ((move.at, move.before and move.before[0], move.after[0]) for move in _moves(history))
    return _levels(STACKED, changes, span)


def work(history: History, span: Span) -> tuple[Series, ...]:
    """Count deliveries with work left by kind of work at the end of each bin."""
    changes = ((move.at, move.before and move.before[1], move.after[1]) for move in _moves(history))
    return _levels(("claimed", "waiting"), changes, span)


def _moves(history: History) -> Iterable[Move]:
    return chain.from_iterable(history.dump.moves.values())


def _levels(
    names: Sequence[str], changes: Iterable[tuple[float, str | None, str]], span: Span
) -> tuple[Series, ...]:
    """Follow how many are of each name: each change takes one from a name, or from nowhere, to another."""
    deltas = {name: [0] * span.bins for name in names}
    for at, before, after in changes:
        position = span.bin_of(at)
        if before is not None and before in deltas:
            deltas[before][position] -= 1
        if after in deltas:
            deltas[after][position] += 1
    return tuple(Series(str(name), list(accumulate(deltas[name]))) for name in names if any(deltas[name]))


def totals(series: Sequence[Series], *, bins: int) -> list[list[int]]:
    """Lay figures on each other: the sum of the first one, of the first two, and so on, each by bin."""
    return list(accumulate((one.values for one in series), _sum, initial=[0] * bins))[1:]


def _sum(below: Sequence[int], values: Sequence[int]) -> list[int]:
    return [one + other for one, other in zip(below, values, strict=True)]


def steps(values: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield (from bin, to bin, value) for each stretch of the same value."""
    edges = [0, *(n for n in range(1, len(values)) if values[n] != values[n - 1]), len(values)]
    yield from ((begin, end, values[begin]) for begin, end in pairwise(edges))
