"""Hours in which what is routine is called, as a forecast needs them: until when so much calling takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin_store.quiet import NO_CALLS

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """By the clock on the wall of one zone; from one day to the next they are not open."""

    zone: ZoneInfo
    opens: time = NO_CALLS[1]
    closes: time = NO_CALLS[0]

    def after(self, start: datetime, lasts: timedelta) -> datetime:
        """The moment at which so much is done that begins at `start`; with nothing to do, the first that is open."""
        left = lasts
        for opens, closes in self._days(start):
            begins = max(start, opens)
            if begins < closes and left <= closes - begins:
                return begins + left
            left -= max(timedelta(), closes - begins)
        raise AssertionError("days have no end")

    def within(self, start: datetime, end: datetime) -> timedelta:
        """How long it is open between two moments."""
        total = timedelta()
        for opens, closes in self._days(start):
            if opens >= end:
                break
            total += max(timedelta(), min(end, closes) - max(start, opens))
        return total

    def _days(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """When it opens and closes, from the day of a moment on."""
        day = start.astimezone(self.zone).date()
        while True:
            opens, closes = (datetime.combine(day, at, self.zone) for at in (self.opens, self.closes))
            yield opens.astimezone(UTC), closes.astimezone(UTC)
            day += _DAY


def hours_in(zone: str | None) -> Hours | None:
    """The hours of a time zone; None where there is none, or it goes by a name that only PostgreSQL knows."""
    try:
        return Hours(ZoneInfo(zone)) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
