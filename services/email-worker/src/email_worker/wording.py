"""The few fixed words of a message, by language; English where a language has none yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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
_MARKINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "exercise": {"en": "EXERCISE", "pl": "ĆWICZENIA"},
    "test": {"en": "TEST", "pl": "TEST"},
    "update": {"en": "UPDATE", "pl": "AKTUALIZACJA"},
    "cancel": {"en": "CANCELLED", "pl": "ODWOŁANO"},
}
"""What must be said first: by status, and by message type. A first alert that is meant says neither."""


def wording_of(language: str) -> Wording:
    """Choose by the primary subtag of a BCP 47 tag."""
    return _BY_LANGUAGE.get(language.split("-", maxsplit=1)[0].lower(), _ENGLISH)


def marking_of(status: str, *, message_type: str, language: str) -> str | None:
    """Say in every message that it is an exercise or a test, corrects an earlier one or calls it off; None otherwise."""
    marks = [_in(language, _MARKINGS[key]) for key in (status, message_type) if key in _MARKINGS]
    return ": ".join(marks) or None


def _in(language: str, words: Mapping[str, str]) -> str:
    return words.get(language.split("-", maxsplit=1)[0].lower(), words["en"])
