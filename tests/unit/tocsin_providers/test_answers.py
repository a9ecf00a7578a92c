"""Answers are read whatever they are."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_providers.http.answers import listed, moment_of, object_of, wait_of, words_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "garbage", "[1]", "null", '"x"', "{", "\x00"])
def test_what_is_no_object_is_an_empty_one(text: str) -> None:
    assert object_of(text) == {}


@given(st.text(max_size=400))
def test_anything_can_be_read(text: str) -> None:
    object_of(text)
    moment_of(text)
    wait_of(text, now=NOW)

    kept = words_of(text)
    assert len(kept) <= 300
    assert kept.isprintable()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("0", 0),
        ("7", 7),
        ("99999999999", 3_600),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
    ],
)
def test_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert wait_of(header, now=NOW) == expected


@pytest.mark.parametrize("said", [{}, {"messages": None}, {"messages": {}}, {"messages": "x"}])
def test_what_is_no_page_is_not_taken_for_an_empty_one(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="messages"):
        listed(said, "messages")


def test_a_date_without_a_zone_is_utc() -> None:
    assert moment_of("Sun, 22 Nov 2026 12:00:00 -0000") == NOW
