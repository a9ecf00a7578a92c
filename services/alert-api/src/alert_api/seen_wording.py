"""The few fixed words around an alert on the page behind "I have seen this"; English where a language has none yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.wording import in_language


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands around an alert's own words."""

    source: str
    button: str
    not_yet: str
    thanks: str
    told: str
    """Who knows it now; the agency's name follows."""


_BY_LANGUAGE: Final[Mapping[str, Wording]] = {
    "en": Wording(
        source="From",
        button="I have seen this",
        not_yet="Nobody is told before you press the button.",
        thanks="Thank you",
        told="Your answer has gone to",
    ),
    "cy": Wording(
        source="Oddi wrth",
        button="Rwyf wedi gweld hyn",
        not_yet="Ni ddywedir wrth neb nes i chi bwyso'r botwm.",
        thanks="Diolch",
        told="Mae'ch ateb wedi mynd at",
    ),
    "pl": Wording(
        source="Od:",
        button="Potwierdzam",
        not_yet="Nikt się o tym nie dowie przed naciśnięciem przycisku.",
        thanks="Dziękujemy",
        told="Potwierdzenie otrzymuje",
    ),
}


def wording_of(language: str) -> Wording:
    """Choose by the primary subtag of a BCP 47 tag."""
    return in_language(language, _BY_LANGUAGE)
