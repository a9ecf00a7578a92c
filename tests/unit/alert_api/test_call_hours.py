"""Hours in which what is routine is called: how long so much calling takes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alert_api.call_hours import Hours, hours_in

LONDON = Hours(ZoneInfo("Europe/London"))


def at(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (at(21, 12), 30, at(21, 12, 30)),
        (at(21, 12), 0, at(21, 12)),
        (at(21, 7), 0, at(21, 8)),
        (at(21, 21), 0, at(22, 8)),
        (at(21, 3), 5, at(21, 8, 5)),
        (at(21, 20, 50), 10, at(21, 21)),
        (at(21, 20, 50), 11, at(22, 8, 1)),
        (at(21, 8), 3 * 13 * 60, at(23, 21)),
    ],
)
def test_what_is_not_done_in_the_evening_is_done_in_the_morning(
    start: datetime, minutes: int, end: datetime
) -> None:
    assert LONDON.after(start, timedelta(minutes=minutes)) == end


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(21, 12), at(21, 14), 2),
        (at(21, 22), at(22, 7), 0),
        (at(21, 20), at(22, 9), 2),
        (at(21, 0), at(24, 0), 39),
        (at(21, 14), at(21, 12), 0),
    ],
)
def test_only_the_hours_that_are_open_count(start: datetime, end: datetime, hours: int) -> None:
    assert LONDON.within(start, end) == timedelta(hours=hours)


def test_the_clock_on_the_wall_counts_also_when_it_is_changed() -> None:
    summer, winter = at(24, 23, month=10), at(25, 23, month=10)

    assert LONDON.after(summer - timedelta(days=1), timedelta()) == at(24, 7, month=10)
    assert LONDON.after(summer, timedelta()) == at(25, 8, month=10)
    assert LONDON.within(summer, winter) == timedelta(hours=13)


def test_a_zone_that_nobody_here_knows_has_no_hours() -> None:
    assert [hours_in(zone) for zone in ("Europe/London", "EST5EDT7", "../x", "", None)] == [
        LONDON,
        *[None] * 4,
    ]
