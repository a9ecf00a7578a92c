"""The few fixed words of a message, by language; English where a language has none yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tocsin_runtime.wording import in_language


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands around an alert's own words."""

    greeting: str
    do: str
    more: str
    contact: str
    ask: str
    seen: str
    source: str
    why: str
    leave: str
    leave_link: str


_ENGLISH: Final = Wording(
    greeting="Dear",
    do="What to do",
    more="More:",
    contact="Contact:",
    ask="Please tell us that you have seen this:",
    seen="I have seen this",
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
    ask="Prosimy o potwierdzenie, że wiadomość dotarła:",
    seen="Potwierdzam",
    source="Od:",
    why="Otrzymujesz tę wiadomość, ponieważ wyrażono zgodę na wiadomości od:",
    leave="Rezygnacja:",
    leave_link="Zrezygnuj z tych wiadomości",
)
_WELSH: Final = Wording(
    greeting="Annwyl",
    do="Beth i'w wneud",
    more="Mwy:",
    contact="Cysylltu:",
    ask="Rhowch wybod i ni eich bod wedi gweld hyn:",
    seen="Rwyf wedi gweld hyn",
    source="Oddi wrth",
    why="Rydych yn cael hwn am eich bod wedi gofyn am negeseuon gan",
    leave="I'w hatal:",
    leave_link="Atal y negeseuon hyn",
)
_BY_LANGUAGE: Final[Mapping[str, Wording]] = {"cy": _WELSH, "en": _ENGLISH, "pl": _POLISH}


def wording_of(language: str) -> Wording:
    """Choose by the primary subtag of a BCP 47 tag."""
    return in_language(language, _BY_LANGUAGE)
