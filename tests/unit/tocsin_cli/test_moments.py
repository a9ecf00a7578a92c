from datetime import UTC, datetime, timedelta

import pytest

from tocsin_cli.errors import CommandError
from tocsin_cli.moments import duration, lasting, moment, shown

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"), [("PT10M", timedelta(minutes=10)), ("P1DT2H", timedelta(days=1, hours=2))]
)
def test_a_duration_is_read(text: str, found: timedelta) -> None:
    assert duration(text, option="--for") == found


@pytest.mark.parametrize("text", ["", "10", "10m", "PT", "P-1D", "PT0S", "Px", "forever", "-PT1M"])
def test_what_is_no_duration_is_misuse(text: str) -> None:
    with pytest.raises(CommandError, match="--for: a duration such as PT10M") as raised:
        duration(text, option="--for")

    assert raised.value.status == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PT24H", NOON - timedelta(days=1)),
        ("2026-11-05T11:00:00Z", NOON - timedelta(hours=1)),
        ("2026-11-05T11:00:00", NOON - timedelta(hours=1)),
        ("2026-11-05T12:00:00+01:00", NOON - timedelta(hours=1)),
    ],
)
def test_a_moment_is_a_time_or_a_duration_ago(text: str, found: datetime) -> None:
    assert moment(text, option="--since", now=NOON) == found


def test_a_moment_is_shown_in_utc() -> None:
    assert shown(NOON) == "2026-11-05 12:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (12, "12 s"), (119, "119 s"), (300, "5 min"), (7_200, "2 h"), (200_000, "2 d")],
)
def test_a_length_is_said_in_one_unit(seconds: float, text: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == text
