"""Writes a text as it is read aloud, in plain words: what a voice would stumble over, or nobody could follow."""

import re
import unicodedata
from functools import cache
from typing import Final

from tocsin_runtime.voice.numerals import NUMBERS
from tocsin_runtime.voice.readings import DATES, LINKS, WORDS
from tocsin_runtime.voice.speech_tables import Table, table_of

# What comes first wins: a date is no range, an amount no number to call.
_READINGS: Final = {each.name: each for each in (*LINKS, *DATES, *NUMBERS, *WORDS)}

_NOT_IN_A_WORD: Final = r"(?!(?<=[^\W\d_])[^\W\d_])"
"""None begins between two letters: most places are passed over at once."""

_UNSPEAKABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Sm", "Zl", "Zp"})
"""Categories of characters without a sound: controls, surrogates, pictures, signs."""
_SPOKEN: Final = frozenset("+°")
_PLAIN: Final = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u00a0": " ", "\u202f": " ", "\u2011": "-", "\u2026": "."}
)
_SILENT: Final = re.compile(r"[*_#\"\u201c\u201d\u201e\u00ab\u00bb\[\]{}\\\u2022@]|(?<!\d)/|/(?!\d)")
_DASH: Final = re.compile(r"\s+[-\u2013\u2014]+(?=\s|$)|\s?[\u2013\u2014]+|(?<=\d)-(?=\d)")
_REPEATED: Final = re.compile(r"([.,;:!?])(?:\s?[.,;:!?])+")
_BEFORE_MARK: Final = re.compile(r"\s+([.,;:!?])")
_BULLET: Final = re.compile(r"^[\s\-\u2013\u2014\u2022*·,;:.]+")
_ENDS: Final = (".", "!", "?", ":", ";", ",")


def speakable(text: str, *, language: str) -> str:
    """Write a text as it is read aloud; each of its lines is a sentence.

    Dates, times, amounts and abbreviations become words where we have a table of the language; numbers to call and
    long ones are read digit by digit in every language. A link becomes a hint that there is one.

    Args:
        text: Of an alert; anything.
        language: BCP 47.
    """
    table = table_of(language)
    lines = unicodedata.normalize("NFC", text).translate(_PLAIN).splitlines()
    return " ".join(filter(None, (_line(line, table) for line in lines)))


def _line(line: str, table: Table) -> str:
    read = _kinds(table.language).sub(lambda found: _read(found, table), line)
    heard = "".join(_heard(each) for each in read)
    quiet = _DASH.sub(", ", _SILENT.sub(" ", heard))
    said = _BULLET.sub("", _REPEATED.sub(r"\1", _BEFORE_MARK.sub(r"\1", " ".join(quiet.split()))))
    return said if not said or said.endswith(_ENDS) else f"{said}."


def _heard(character: str) -> str:
    """Itself, or a space; nothing where it has no width either."""
    category = unicodedata.category(character)
    if category not in _UNSPEAKABLE or character in _SPOKEN:
        return character
    return "" if category == "Cf" else " "


def _read(found: re.Match[str], table: Table) -> str:
    return _READINGS[str(found.lastgroup)].read(found, table)


@cache
def _kinds(language: str) -> re.Pattern[str]:
    """Everything that is read otherwise in a language, in one expression: what was read once is not read again."""
    table = table_of(language)
    kinds = "|".join(f"(?P<{each.name}>{each.pattern(table)})" for each in _READINGS.values())
    return re.compile(f"{_NOT_IN_A_WORD}(?:{kinds})")
