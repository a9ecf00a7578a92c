"""What somebody means who texts us: one of a few words, however it is written, or a reply."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """The closed list; also the metric label."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    ACKNOWLEDGEMENT = "acknowledgement"
    TEXT = "text"
    NOBODY = "nobody"
    """It was sent to a number that is no agency's."""


_WORDS: Final[Mapping[str, Meaning]] = {  # product rules; CTIA Messaging Principles 5.1
    **dict.fromkeys(
        ("stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout"), Meaning.STOP
    ),
    **dict.fromkeys(("start", "unstop"), Meaning.START),
    **dict.fromkeys(("help", "info"), Meaning.HELP),
    **dict.fromkeys(("1", "yes", "y", "ok", "okay"), Meaning.ACKNOWLEDGEMENT),
}


def word_of(body: str) -> str:
    """A text without case, spaces, punctuation and typographic variants."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", body).casefold()))


def meaning_of(body: str) -> Meaning:
    """What a text means: only one that says nothing but the word means the word."""
    return _WORDS.get(word_of(body), Meaning.TEXT)
