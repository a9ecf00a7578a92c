"""What is said to a number that left, came back or asked who we are, by language; English where there is none yet."""

from collections.abc import Mapping
from typing import Final

from tocsin_runtime.wording import in_language
from tocsin_store.notices import Kind

# Every one fits GSM-7, and one segment where an agency's name is not long.
_WORDS: Final[Mapping[str, Mapping[Kind, str]]] = {
    "en": {
        "stopped": "You will get no more texts from {agency}. Reply START to get them again.",
        "started": "You will get texts from {agency} again. Reply STOP to end.",
        "help": "{agency} sends alerts to residents who asked for them. Reply STOP to end.",
    },
    "pl": {
        "stopped": "Koniec SMS od: {agency}. Ponowna zgoda: odpisz START.",
        "started": "Zgoda na SMS od: {agency} zapisana ponownie. Rezygnacja: odpisz STOP.",
        "help": "{agency}: alerty SMS. Rezygnacja: odpisz STOP.",
    },
}


def notice_text(kind: Kind, *, agency: str, language: str) -> str:
    """Say it."""
    words = in_language(language, _WORDS)
    return words[kind].replace("{agency}", agency)
