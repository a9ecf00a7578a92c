"""The provider of calls misbehaves as one of texts does; and it reaches nobody, or gets no words to say."""

from random import Random
from typing import Final

from tests.faults.fault import What
from tests.faults.kinds.texts import ANY, FEW, LATE, Draw, down, kind, share
from tocsin_sandbox.phones.rules import ActionType, Phase

_ENDS: Final[tuple[What, ...]] = ({"end": "busy"}, {"end": "no-answer"}, {"end": "failed"})


def _unanswered(random: Random, _provider: str) -> What:
    return {"type": ActionType.END, "phase": Phase.RING, **random.choice(_ENDS), **share(random, FEW)}


def _speechless(random: Random, _provider: str) -> What:
    """What is to be said cannot be had: whoever answers hears that something broke."""
    return {"type": ActionType.LOSE, "phase": Phase.ASK, **share(random)}


def _words_late(random: Random, _provider: str) -> What:
    delay = round(random.uniform(*LATE), 2)
    return {"type": ActionType.DELAY, "phase": Phase.ASK, "delay": delay, **share(random)}


_OF_CALLS: Final[tuple[tuple[str, Draw], ...]] = (
    *ANY,
    ("unanswered", _unanswered),
    ("speechless", _speechless),
    ("words-late", _words_late),
)

KINDS: Final = (*(kind("calls", name, rule) for name, rule in _OF_CALLS), down("calls"))
