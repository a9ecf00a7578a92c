from datetime import UTC, datetime

import pytest

from tocsin_cli.letter_text import header_lines, printable
from tocsin_runtime.kafka.letter_box import Letter
from tocsin_schemas.messages import DeadLetter

AT = datetime(2026, 11, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"{}", "{}"),
        ("Æthel".encode(), "Æthel"),
        (b"\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"a\nb\r", "a\\nb\\r"),
        ("\u202egnp".encode(), "\\u202egnp"),
        (b"", ""),
    ],
)
def test_no_byte_reaches_a_terminal_that_it_would_obey(value: bytes, text: str) -> None:
    assert printable(value) == text


def test_a_letter_that_was_cut_says_so() -> None:
    why = DeadLetter(topic="receipts", partition=1, offset=2, group="g", error="DataError", cut_from=5)

    lines = "\n".join(header_lines(Letter(3, 17, AT, b"", b"abc", why), size=3, replayed=False))

    assert "3/17" in lines
    assert "receipts/1/2" in lines
    assert "3 bytes, cut from 5: it cannot be replayed" in lines


def test_a_letter_without_a_header_is_shown_too() -> None:
    lines = "\n".join(header_lines(Letter(3, 17, AT, b"", b"", None), size=0, replayed=True))

    assert "its header cannot be read" in lines
    assert "replayed   yes" in lines
