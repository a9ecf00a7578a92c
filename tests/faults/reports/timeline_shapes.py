"""Figures over time as shapes of SVG. A drawing is one unit wide for each bin and `HEIGHT` high, and stretched to fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.reports.timeline_figures import Series, Span, steps, totals

HEIGHT = 1_000
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400)
"""Seconds between two figures of an axis."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one series covers, with all below it: the lower ones are drawn over it."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Some series on top of each other."""

    title: str
    peak: int
    """Their highest sum, at the upper edge."""
    layers: Sequence[Layer]
    """In the order in which to draw them: the highest first."""


@dataclass(frozen=True, slots=True)
class Hour:
    """A figure of the axis."""

    left: float
    """Percent."""
    text: str
    coarse: bool
    """Whether it is shown although there is little room."""


def chart(title: str, series: Sequence[Series], *, span: Span) -> Chart:
    """Stack the series, the first one at the bottom."""
    sums = totals(series, bins=span.bins)
    peak = max(sums[-1], default=0) if sums else 0
    layers = [Layer(one.name, _area(values, peak=peak)) for one, values in zip(series, sums, strict=True)]
    return Chart(title, peak, layers[::-1])


def _area(values: Sequence[int], *, peak: int) -> str:
    heights = [HEIGHT - round(value * HEIGHT / max(peak, 1)) for value in values]
    return f"M0 {HEIGHT}" + "".join(f"V{y}H{end}" for _, end, y in steps(heights)) + f"V{HEIGHT}Z"


def ticks(moments: Iterable[float], *, span: Span) -> str:
    """Draw a tick for each moment; those within a quarter of a bin are one."""
    places = sorted({round((at - span.start) / span.width * 4) / 4 for at in moments})
    return "".join(f"M{place:g} 0V{HEIGHT}" for place in places)


def hours(span: Span) -> list[Hour]:
    """Return the figures of the axis: about five that are always shown, and finer ones between them."""
    coarse = next((step for step in STEPS if span.seconds / step <= 6), STEPS[-1])
    fine = next(step for step in STEPS if coarse % step == 0 and coarse / step <= 6)
    return [
        Hour(span.percent(span.start + second), clock(second), coarse=second % coarse == 0)
        for second in range(0, span.seconds, fine)
    ]


def clock(seconds: float) -> str:
    """Write minutes and seconds since the start: `12:05`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
