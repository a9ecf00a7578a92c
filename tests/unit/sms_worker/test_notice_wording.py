"""What is said to a number that left, came back or asked."""

from typing import get_args

import pytest

from sms_worker.wording import notice_text
from tocsin_runtime.sms.gsm7 import Encoding, segments_of
from tocsin_store.notices import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en-GB", "pl"])
def test_it_says_who_we_are_in_one_segment(kind: Kind, language: str) -> None:
    text = notice_text(kind, agency="Fire & Rescue", language=language)

    count = segments_of(text)
    assert "Fire & Rescue" in text
    assert (count.encoding, count.segments) == (Encoding.GSM_7, 1)


def test_a_language_without_words_gets_english() -> None:
    assert notice_text("stopped", agency="x", language="cy") == notice_text(
        "stopped", agency="x", language="en"
    )
