"""Replies are the same however the bytes are cut; what is none, or has no end, is nonsense."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from email_worker.smtp_replies import NonsenseError, Replies, Reply

LINES = b"250-one\r\n250-two\r\n250 three\r\n451 4.7.1 later\r\n354\r\n"


@given(st.lists(st.integers(0, len(LINES)), max_size=20))
def test_however_they_come_the_replies_are_the_same(cuts: list[int]) -> None:
    replies = Replies()
    edges = [0, *sorted(cuts), len(LINES)]

    for begin, end in pairwise(edges):
        replies.feed(LINES[begin:end])

    assert list(replies) == [Reply(250, "one"), Reply(451, "4.7.1 later"), Reply(354, "")]


@pytest.mark.parametrize(
    "data",
    [
        b"what?\r\n",
        b"\r\n",
        b"25 x\r\n",
        b"199 x\r\n",
        b"600 x\r\n",
        b"\x00\x01\x02\r\n",
        b"250 " + b"x" * 70_000,
        b"250-more\r\n" * 200,
    ],
)
def test_nonsense_is_called_that(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        Replies().feed(data)
