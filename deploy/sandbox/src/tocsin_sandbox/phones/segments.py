"""How many segments a text is billed as (3GPP TS 23.038 and 23.040)."""

from collections.abc import Iterable
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_GSM: Final = _BASIC | _EXTENDED
_ALONE: Final = 160
_JOINED: Final = 153
_LAST_OF_ONE_UNIT: Final = 0xFFFF


def segments_of(body: str) -> int:
    """At least one; what takes two places, an escape or a surrogate pair, is never split."""
    if _BASIC.issuperset(body):
        return 1 if len(body) <= _ALONE else -(-len(body) // _JOINED)
    if _GSM.issuperset(body):
        return _packed((2 if letter in _EXTENDED else 1 for letter in body), alone=_ALONE, joined=_JOINED)
    return _packed((2 if ord(letter) > _LAST_OF_ONE_UNIT else 1 for letter in body), alone=70, joined=67)


def _packed(widths: Iterable[int], *, alone: int, joined: int) -> int:
    sizes = list(widths)
    if sum(sizes) <= alone:
        return 1
    segments, used = 1, 0
    for size in sizes:
        if used + size > joined:
            segments, used = segments + 1, 0
        used += size
    return segments
