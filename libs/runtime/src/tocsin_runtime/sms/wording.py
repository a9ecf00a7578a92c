"""The few fixed words of a text, by language; English where a language has none yet. All of them fit GSM-7."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.wording import in_language


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands around an alert's own words."""

    contact: str
    source: str
    acknowledge: str
    """With a word that is understood."""
    leave: str


_BY_LANGUAGE: Final[Mapping[str, Wording]] = {
    "en": Wording(
        contact="Contact:",
        source="From",
        acknowledge="Reply YES to say you have seen this",
        leave="Reply STOP to end",
    ),
    "pl": Wording(
        contact="Kontakt:",
        source="Od:",
        acknowledge="Potwierdzenie: odpisz OK",
        leave="Rezygnacja: odpisz STOP",
    ),
}


def wording_of(language: str) -> Wording:
    """Choose by the primary subtag of a BCP 47 tag."""
    return in_language(language, _BY_LANGUAGE)
