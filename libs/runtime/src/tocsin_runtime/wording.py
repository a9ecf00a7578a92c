"""What every channel says alike: which of an alert's languages a member reads, and what must be said first."""

from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")

_MARKINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "exercise": {"en": "EXERCISE", "pl": "ĆWICZENIA"},
    "test": {"en": "TEST", "pl": "TEST"},
    "update": {"en": "UPDATE", "pl": "AKTUALIZACJA"},
    "cancel": {"en": "CANCELLED", "pl": "ODWOŁANO"},
}
"""What must be said first: by status, and by message type. A first alert that is meant says neither."""
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ps", "ur"})


def info_for(body: Mapping[str, object], *, language: str) -> Mapping[str, str | None]:
    """Choose the info block: the same language tag, else the same primary language, else the first (RFC 4647)."""
    blocks = body["info"]
    if not isinstance(blocks, list) or not blocks:
        raise TypeError("info")
    same = [block for block in blocks if block["language"].lower() == language.lower()]
    alike = [block for block in blocks if primary(block["language"]) == primary(language)]
    return dict((same or alike or blocks)[0])


def primary(language: str) -> str:
    """Give the primary subtag of a BCP 47 tag, in lower case."""
    return language.split("-", maxsplit=1)[0].lower()


def direction_of(language: str) -> str:
    """Say which way a language is written, in HTML's word."""
    return "rtl" if primary(language) in _RIGHT_TO_LEFT else "ltr"


def marking_of(status: str, *, message_type: str, language: str) -> str | None:
    """Say in every message that it is an exercise or a test, corrects an earlier one or calls it off; None otherwise."""
    marks = [in_language(language, _MARKINGS[key]) for key in (status, message_type) if key in _MARKINGS]
    return ": ".join(marks) or None


def in_language(language: str, table: Mapping[str, T]) -> T:
    """What a table has for a BCP 47 tag, by its primary subtag; English where it has nothing."""
    return table.get(primary(language), table["en"])
