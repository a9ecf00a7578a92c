"""Typography that makes a text cost twice as much, and its plain equals. Letters of a language are never touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.sms.gsm7 import Encoding, foreign_to, segments_of

PLAIN: Final[Mapping[str, str]] = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u0060\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u2043", "-"),
    "\u2026": "...",
    **dict.fromkeys(
        "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
    ),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff", ""),
    "\u2044": "/",
    "\u00d7": "x",
    "\u00bd": "1/2",
    "\u00bc": "1/4",
    "\u00be": "3/4",
    "\u2122": "(TM)",
    "\u00a9": "(C)",
    "\u00ae": "(R)",
    "\u2192": "->",
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
"""Quotes and primes, dashes and bullets, ellipsis, spaces, what has no width, signs, ligatures (Unicode names them so)."""

_TABLE: Final = {ord(each): plain for each, plain in PLAIN.items()}
_ANY_SEPTET: Final = "?"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text, and what was written in plain for it."""

    text: str
    characters: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Costly:
    """What keeps a text out of GSM-7, and at what price."""

    characters: Sequence[str] = ()
    extra_segments: int = 0
    """How many fewer it would be with plain characters in their place."""


def replaced(text: str) -> Replaced:
    """Write typography in plain, where the text then fits GSM-7 and is no longer for it; else leave it as it is."""
    before = segments_of(text)
    if before.encoding is Encoding.GSM_7:
        return Replaced(text)
    plain = text.translate(_TABLE)
    after = segments_of(plain)
    if after.encoding is Encoding.UCS_2 or after.segments > before.segments:
        return Replaced(text)
    return Replaced(plain, tuple(foreign_to(text)))


def costly(text: str) -> Costly:
    """Name the characters for which a text is UCS-2, each once, and tell what they cost."""
    found = foreign_to(text)
    if not found:
        return Costly()
    plain = text.translate({ord(each): PLAIN.get(each, _ANY_SEPTET) for each in found})
    saved = segments_of(text).segments - segments_of(plain).segments
    return Costly(tuple(found), max(0, saved))
