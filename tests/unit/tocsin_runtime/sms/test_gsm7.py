"""Segments: as carriers bill them."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_runtime.sms.gsm7 import ALPHABET, EXTENSION, Count, Encoding, segments_of

_PLAIN = st.sampled_from("aZ0 \nΩ@à")
_PAIRED = st.sampled_from("€[~")
_WIDE = st.sampled_from("ł漢")
_ASTRAL = st.sampled_from("😀🚒")


def _text(*characters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Long runs with a few others between them: where segments end is where it matters."""
    run = st.builds(lambda each, times: each * times, st.one_of(*characters), st.integers(1, 160))
    return st.lists(run, max_size=5).map("".join)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", Count(Encoding.GSM_7, 0, 1)),
        ("a" * 160, Count(Encoding.GSM_7, 160, 1)),
        ("a" * 161, Count(Encoding.GSM_7, 161, 2)),
        ("a" * 306, Count(Encoding.GSM_7, 306, 2)),
        ("a" * 307, Count(Encoding.GSM_7, 307, 3)),
        ("a" * 158 + "€", Count(Encoding.GSM_7, 160, 1)),
        ("a" * 152 + "€" + "a" * 152, Count(Encoding.GSM_7, 306, 3)),
        ("ł" * 70, Count(Encoding.UCS_2, 70, 1)),
        ("ł" * 71, Count(Encoding.UCS_2, 71, 2)),
        ("ł" * 134, Count(Encoding.UCS_2, 134, 2)),
        ("ł" * 66 + "😀" + "ł" * 66, Count(Encoding.UCS_2, 134, 3)),
        ("[" + "ł" * 69, Count(Encoding.UCS_2, 70, 1)),
    ],
)
def test_a_text_is_counted_as_it_is_billed(text: str, count: Count) -> None:
    assert segments_of(text) == count


@given(_text(_PLAIN, _PAIRED))
def test_no_way_to_cut_a_gsm7_text_needs_fewer(text: str) -> None:
    widths = [2 if each in EXTENSION else 1 for each in text]

    assert segments_of(text) == Count(Encoding.GSM_7, sum(widths), _fewest(widths, alone=160, joined=153))


@given(_text(_PLAIN, _PAIRED, _WIDE, _ASTRAL), st.sampled_from("ł😀"))
def test_no_way_to_cut_a_ucs2_text_needs_fewer(text: str, foreign: str) -> None:
    widths = [len(each.encode("utf-16-be")) // 2 for each in text + foreign]

    assert segments_of(text + foreign) == Count(
        Encoding.UCS_2, sum(widths), _fewest(widths, alone=70, joined=67)
    )


def test_the_alphabet_is_that_of_the_standard() -> None:
    assert len(ALPHABET) == 127  # and the escape
    assert len(EXTENSION) == 10
    assert not ALPHABET & EXTENSION


def _fewest(widths: list[int], *, alone: int, joined: int) -> int:
    """Try every place where a segment may end, between any two characters."""
    if sum(widths) <= alone:
        return 1
    before = [0, *accumulate(widths)]
    fewest = [0]
    for end in range(1, len(before)):
        begins = range(max(0, end - joined), end)
        fewest.append(1 + min(fewest[each] for each in begins if before[end] - before[each] <= joined))
    return fewest[-1]
