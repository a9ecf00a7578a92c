"""Typography: what it costs, and its plain equals."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_runtime.sms.gsm7 import Encoding, foreign_to, segments_of
from tocsin_runtime.sms.typography import PLAIN, Costly, Replaced, costly, replaced


def test_every_equal_is_plain_and_nothing_plain_is_replaced() -> None:
    assert not foreign_to("".join(PLAIN.values()))
    assert foreign_to("".join(PLAIN)) == [*PLAIN]


def test_no_letter_of_a_language_is_replaced() -> None:
    ligatures = {each for each in PLAIN if "LIGATURE" in unicodedata.name(each, "")}

    assert not {each for each in PLAIN if unicodedata.category(each)[0] == "L"} - ligatures


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“Don\u2019t” \u2013 wait…", Replaced('"Don\'t" - wait...', ("“", "\u2019", "”", "\u2013", "…"))),
        ("ﬂood\u00a0here\u200b", Replaced("flood here", ("ﬂ", "\u00a0", "\u200b"))),
        ("plain", Replaced("plain")),
        ("“łódź”", Replaced("“łódź”")),
        ("ç stays", Replaced("ç stays")),
        ("…" * 60, Replaced("…" * 60)),  # three for one would be a segment more
    ],
)
def test_it_is_replaced_where_that_saves_something(text: str, plain: Replaced) -> None:
    assert replaced(text) == plain


@given(st.text(alphabet=st.sampled_from([*PLAIN, *"abc ł😀€"]), max_size=400))
def test_nobody_pays_more_for_it(text: str) -> None:
    plain = replaced(text)

    assert segments_of(plain.text).segments <= segments_of(text).segments
    assert plain.text == text or segments_of(plain.text).encoding is Encoding.GSM_7
    assert replaced(plain.text).text == plain.text


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("a" * 160, Costly()),
        ("a" * 159 + "ł", Costly(("ł",), 2)),
        ("a" * 69 + "ł", Costly(("ł",), 0)),
        ("ł\u2019" + "a" * 150 + "ł", Costly(("ł", "\u2019"), 2)),
    ],
)
def test_what_forces_ucs2_is_named_with_what_it_costs(text: str, cost: Costly) -> None:
    assert costly(text) == cost
