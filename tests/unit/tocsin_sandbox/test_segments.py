"""Texts are billed as carriers count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_sandbox.phones.segments import segments_of


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("x" * 152 + "€" + "x" * 152, 3),
        ("☂" + "x" * 69, 1),
        ("☂" + "x" * 70, 2),
        ("☂" * 66 + "🔥" + "☂" * 66, 3),
        ("🔥" * 35, 1),
        ("🔥" * 36, 2),
    ],
)
def test_what_takes_two_places_is_not_split(body: str, segments: int) -> None:
    assert segments_of(body) == segments


@given(st.text(alphabet="xé€[☂🔥\n", max_size=400))
def test_more_words_never_cost_less(body: str) -> None:
    assert segments_of(body) <= segments_of(body + "x")
