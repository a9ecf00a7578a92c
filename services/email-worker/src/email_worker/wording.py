"""The few fixed words of a message, by language; English where a language has none yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.wording import primary

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ps", "ur"})


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands around an alert's own words."""

    greeting: str
    do: str
    more: str
    contact: str
    source: str
    why: str
    leave: str
    leave_link: str


_ENGLISH: Final = Wording(
    greeting="Dear",
    do="What to do",
    more="More:",
    contact="Contact:",
    source="From",
    why="You get this because you asked for messages from",
    leave="To stop them:",
    leave_link="Stop these messages",
)
_POLISH: Final = Wording(
    greeting="Dzień dobry",
    do="Co robić",
    more="Więcej:",
    contact="Kontakt:",
    source="Od:",
    why="Otrzymujesz tę wiadomość, ponieważ wyrażono zgodę na wiadomości od:",
    leave="Rezygnacja:",
    leave_link="Zrezygnuj z tych wiadomości",
)
_BY_LANGUAGE: Final[Mapping[str, Wording]] = {"en": _ENGLISH, "pl": _POLISH}


def wording_of(language: str) -> Wording:
    """Choose by the primary subtag of a BCP 47 tag."""
    return _BY_LANGUAGE.get(primary(language), _ENGLISH)
