"""Segments as carriers bill them: the GSM 7-bit alphabet (3GPP TS 23.038, section 6.2.1), else UCS-2."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Final

ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet but for its escape: one septet each."""
EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""An escape and a septet each."""

_LAST_OF_ONE_UNIT: Final = "\uffff"


class Encoding(StrEnum):
    """How a text travels."""

    GSM_7 = "gsm-7"
    UCS_2 = "ucs-2"


@dataclass(frozen=True, slots=True)
class Count:
    """What a text is billed as."""

    encoding: Encoding
    units: int
    """Septets of GSM-7, 16-bit units of UCS-2, before they are put into segments."""
    segments: int


@dataclass(frozen=True, slots=True)
class _Room:
    """How many units a segment holds: alone, and where a header says of which text it is a part."""

    alone: int
    joined: int


_ROOM: Final = {Encoding.GSM_7: _Room(160, 153), Encoding.UCS_2: _Room(70, 67)}


def segments_of(text: str) -> Count:
    """Count a text's segments. An escape and its septet, or a surrogate pair, never stand in two; an empty text is one."""
    encoding = Encoding.UCS_2 if foreign_to(text) else Encoding.GSM_7
    pairs = _pairs_in(text, encoding)
    units, room = len(text) + sum(map(text.count, pairs)), _ROOM[encoding]
    if units <= room.alone:
        return Count(encoding, units, 1)
    return Count(encoding, units, _joined(text, pairs, size=room.joined))


def foreign_to(text: str) -> list[str]:
    """Name what GSM-7 cannot say, each character once, as they come."""
    return [each for each in dict.fromkeys(text) if each not in ALPHABET and each not in EXTENSION]


def _pairs_in(text: str, encoding: Encoding) -> frozenset[str]:
    """Characters of two units."""
    if encoding is Encoding.GSM_7:
        return EXTENSION.intersection(text)
    return frozenset(each for each in set(text) if each > _LAST_OF_ONE_UNIT)


def _joined(text: str, pairs: Collection[str], *, size: int) -> int:
    if not pairs:
        return ceil(len(text) / size)
    segments, taken = 1, 0
    for each in text:
        width = 2 if each in pairs else 1
        taken += width
        if taken > size:
            segments, taken = segments + 1, width
    return segments
