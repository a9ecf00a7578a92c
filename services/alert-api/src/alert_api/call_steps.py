"""Where a call stands: all of it is in the URL that is asked for next, which Twilio signs; nothing of it is personal."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, urlencode

MOST_WRONG: Final = 3
"""Wrong keys in one call; at the next there is nothing to say but goodbye."""
MOST_HELD: Final = 3
"""How often somebody is asked to hold the line."""

_ANSWER: Final = "/calls/twilio/answer"
_KEY: Final = "/calls/twilio/key"
_MOST_LETTERS: Final = 64


class Offer(StrEnum):
    """What somebody was asked last."""

    NOTHING = ""
    AT_RISK = "risk"
    """Whether they want to hear a message at all."""
    MENU = "menu"
    """1, 2 or 9."""
    STOP = "stop"
    """9 again, or as before."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a call, and what was before it."""

    reference: str
    offered: Offer = Offer.NOTHING
    wrong: int = 0
    held: int = 0
    digits: str = ""
    """The key that was pressed."""
    answered_by: str = ""
    """The provider's word; empty where it does not say."""

    def offering(self, offer: Offer) -> str:
        """Where the key that is pressed next is told."""
        return _url(_KEY, Step(self.reference, offer, wrong=self.wrong))

    def again(self) -> str:
        """Where the same is asked for once more, after a while."""
        path = _ANSWER if self.offered is Offer.NOTHING else _KEY
        return _url(path, replace(self, held=self.held + 1))


def read_step(query: bytes) -> Step:
    """Read what we wrote; what nobody would have written counts as not there."""
    try:
        fields = parse_qs(query.decode("ascii"), max_num_fields=10)
    except ValueError:
        return Step("")
    said = {name: values[0][:_MOST_LETTERS] for name, values in fields.items()}
    return Step(
        reference=fields.get("r", [""])[0],
        offered=Offer(said["at"]) if said.get("at") in set(Offer) else Offer.NOTHING,
        wrong=_count(said.get("w", "")),
        held=_count(said.get("h", "")),
        digits=said.get("d", ""),
        answered_by=said.get("a", ""),
    )


def _url(path: str, step: Step) -> str:
    fields = {
        "r": step.reference,
        "at": step.offered,
        "w": step.wrong or "",
        "h": step.held or "",
        "d": step.digits,
        "a": step.answered_by,
    }
    return f"{path}?{urlencode({name: value for name, value in fields.items() if value})}"


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 1 else 0
