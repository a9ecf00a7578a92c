"""One kind of thing that is read otherwise than it is written."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.voice.speech_tables import Table

Found = re.Match[str]

_NEAR: Final = 64
"""Characters around it that are looked at."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How it looks, and how it is read. Patterns are bounded, so that no text takes long."""

    name: str
    """Of the whole of it; its parts have names of their own, so that all kinds stand in one expression."""
    pattern: Callable[[Table], str]
    read: Callable[[Found, Table], str]


def one_of(words: Iterable[str]) -> str:
    """Any of these, the longest first; what matches nothing where there are none."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or "(?!)"


def word_before(found: Found) -> str:
    """What stands before it; nothing where that is far away."""
    start = found.start()
    return "".join(found.string[max(0, start - _NEAR) : start].split()[-1:])


def rest_after(found: Found) -> str:
    """What begins after it."""
    return found.string[found.end() : found.end() + _NEAR].lstrip()
