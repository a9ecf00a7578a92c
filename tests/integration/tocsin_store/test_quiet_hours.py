"""Quiet hours: by the clock on the member's wall, for routine messages, over midnight and both changes of the clock."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tocsin_store.pool import Pool, open_pool

LONDON, ST_JOHNS = "Europe/London", "America/St_Johns"
NIGHT = (time(22), time(7))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "starts", "ends", "until"),
    [
        # an ordinary day, in winter and summer
        ("2026-12-01 12:00", LONDON, "22:00", "07:00", None),
        ("2026-12-01 22:00", LONDON, "22:00", "07:00", "2026-12-02 07:00"),
        ("2026-12-02 06:59", LONDON, "22:00", "07:00", "2026-12-02 07:00"),
        ("2026-12-02 07:00", LONDON, "22:00", "07:00", None),
        ("2026-07-01 21:00", LONDON, "22:00", "07:00", "2026-07-02 06:00"),
        ("2026-07-01 13:30", LONDON, "13:00", "15:00", "2026-07-01 14:00"),
        ("2026-07-01 11:30", LONDON, "13:00", "15:00", None),
        ("2026-12-01 23:59", LONDON, "22:00", "00:00", "2026-12-02 00:00"),
        ("2026-12-02 00:00", LONDON, "22:00", "00:00", None),
        ("2026-07-01 02:00", ST_JOHNS, "22:00", "07:00", "2026-07-01 09:30"),
        # back on 25 October 2026: 02:00 is 01:00 again at 01:00 UTC
        ("2026-10-24 23:00", LONDON, "22:00", "07:00", "2026-10-25 07:00"),
        (
            "2026-10-24 23:00",
            LONDON,
            "22:00",
            "01:30",
            "2026-10-25 00:30",
        ),  # shown twice: the first time counts
        ("2026-10-25 00:29", LONDON, "22:00", "01:30", "2026-10-25 00:30"),
        ("2026-10-25 00:45", LONDON, "22:00", "01:30", None),
        ("2026-10-25 01:10", LONDON, "22:00", "01:30", None),  # 01:10 once more
        ("2026-10-25 00:10", LONDON, "01:00", "01:30", "2026-10-25 00:30"),
        ("2026-11-01 02:00", ST_JOHNS, "22:00", "01:30", "2026-11-01 04:00"),
        ("2026-11-01 04:40", ST_JOHNS, "22:00", "01:30", None),
        # forward on 28 March 2027: 01:00 is 02:00 at 01:00 UTC
        ("2027-03-27 23:00", LONDON, "22:00", "07:00", "2027-03-28 06:00"),
        ("2027-03-27 23:00", LONDON, "22:00", "01:30", "2027-03-28 01:30"),  # skipped: an hour later
        ("2027-03-28 01:00", LONDON, "22:00", "01:30", None),
        ("2027-03-14 04:00", ST_JOHNS, "22:00", "02:30", "2027-03-14 06:00"),
        ("2027-03-28 00:59", LONDON, "01:30", "07:00", None),
        ("2027-03-28 01:00", LONDON, "01:30", "07:00", "2027-03-28 06:00"),
    ],
)
async def test_until_when_it_is_quiet(
    pool: Pool, at: str, zone: str, starts: str, ends: str, until: str | None
) -> None:
    found = await quiet_until(
        pool, utc(at), zone=zone, starts=time.fromisoformat(starts), ends=time.fromisoformat(ends)
    )

    assert found == (None if until is None else utc(until))


async def quiet_until(pool: Pool, at: datetime, *, zone: str, starts: time, ends: time) -> datetime | None:
    found: datetime | None = await pool.fetchval(
        "SELECT quiet_until($1::timestamptz, $2, $3::time, $4::time)", at, zone, starts, ends
    )
    return found


times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
near_changes = st.sampled_from([date(2026, 10, 25), date(2027, 3, 28), date(2026, 11, 1), date(2027, 3, 14)])
moments = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - made aware below
    st.tuples(near_changes, st.integers(-1_440, 1_440)).map(
        lambda pair: datetime.combine(pair[0], time()) + timedelta(minutes=pair[1])
    ),
).map(lambda moment: moment.replace(tzinfo=UTC))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=moments, zone=st.sampled_from([LONDON, ST_JOHNS, "Asia/Kolkata"]), starts=times, ends=times)
def test_the_end_of_quiet_is_ahead_within_a_day_and_then_it_is_quiet_no_more(
    database_url: str, at: datetime, zone: str, starts: time, ends: time
) -> None:
    open_minutes = (_minutes(starts) - _minutes(ends)) % 1_440
    assume(open_minutes > 60)  # else a day may skip all of them
    asyncio.run(_checked(database_url, at, zone=zone, starts=starts, ends=ends))


async def _checked(database_url: str, at: datetime, *, zone: str, starts: time, ends: time) -> None:
    async with await open_pool(database_url, size=1, application_name="quiet") as pool:
        until = await quiet_until(pool, at, zone=zone, starts=starts, ends=ends)
        if until is None:
            wall = at.astimezone(ZoneInfo(zone))
            assert wall.fold or not _by_the_clock(wall.time(), starts=starts, ends=ends)
            return
        assert at < until <= at + timedelta(hours=25)
        hour_later = until + timedelta(hours=1)
        assert None in [
            await quiet_until(pool, moment, zone=zone, starts=starts, ends=ends)
            for moment in (until, hour_later)
        ]


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _by_the_clock(now: time, *, starts: time, ends: time) -> bool:
    return starts <= now < ends if starts < ends else now >= starts or now < ends
