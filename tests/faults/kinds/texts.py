"""Providers of texts misbehave: they refuse, for now or for good, drop, stall, speak late, are closed, lose reports."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.load.callees import DOORS as CALLS
from tests.faults.misbehaviour import Doors, down_for_a_time, rule_for_a_time
from tocsin_sandbox.phones.rules import Action, ActionType, Phase, Rule

Draw = Callable[[Random, str], What]
"""For a provider."""

DOORS: Final = {
    **{name: Doors(f"/api/{name}/rules", f"/api/{name}") for name in ("twilio", "notify")},
    "calls": CALLS,
}
"""By provider; Twilio is another one for calls."""

_LONG: Final = (0.5, 6.0)  # seconds
LATE: Final = (0.2, 3.0)  # seconds
_SHARE: Final = (0.05, 1.0)  # of the recipients
FEW: Final = (0.05, 0.4)  # what stalls holds a connection until the worker gives it up
_FOR_GOOD: Final = (0.01, 0.05)  # each of them may end a number
_COPIES: Final = 50

_TEMPORARY: Final[dict[str, tuple[What, ...]]] = {
    "twilio": (
        {"status": 429, "code": 20429, "retry_after": 1},
        {"status": 503, "code": 20503},
        {"status": 500, "code": 20500},
    ),
    "notify": ({"status": 429, "code": "RateLimitError"}, {"status": 500, "code": "Exception"}),
    "calls": (
        {"status": 429, "code": 20429, "retry_after": 1},
        {"status": 429, "code": 10004},
        {"status": 503, "code": 20503},
        {"status": 500, "code": 20500},
    ),
}
_NEVER: Final[dict[str, tuple[What, ...]]] = {
    "twilio": tuple({"status": 400, "code": code} for code in (21211, 21610, 21612, 21614)),
    "notify": ({"status": 400, "code": "BadRequestError"},),
    "calls": tuple({"status": 400, "code": code} for code in (21211, 21214, 21216, 13225)),
}
_CLOSED: Final[dict[str, What]] = {
    "twilio": {"status": 401, "code": 20003},
    "notify": {"status": 403, "code": "AuthError"},
    "calls": {"status": 401, "code": 20003},
}
_ENDS: Final[dict[str, tuple[What, ...]]] = {
    "twilio": (
        {"end": "undelivered", "code": 30005},
        {"end": "undelivered", "code": 30008},
        {"end": "failed", "code": 30008},
    ),
    "notify": ({"end": "permanent-failure"}, {"end": "technical-failure"}),
}


def share(random: Random, bounds: tuple[float, float] = _SHARE) -> What:
    """Of whom it is done to."""
    return {"share": round(random.uniform(*bounds), 3)}


def _refusal(random: Random, provider: str) -> What:
    return {
        "type": ActionType.REPLY,
        "phase": Phase.CREATE,
        **random.choice(_TEMPORARY[provider]),
        **share(random),
    }


def _for_good(random: Random, provider: str) -> What:
    refusal = random.choice(_NEVER[provider])
    return {"type": ActionType.REPLY, "phase": Phase.CREATE, **refusal, **share(random, _FOR_GOOD)}


def _closed(_random: Random, provider: str) -> What:
    return {"type": ActionType.REPLY, "phase": Phase.CREATE, **_CLOSED[provider]}


def _obeyed_and_denied(random: Random, provider: str) -> What:
    """The text is taken, and the answer says that something broke."""
    broken = _TEMPORARY[provider][-1]
    return {"type": ActionType.REPLY_AFTER_ACCEPT, "phase": Phase.CREATE, **broken, **share(random)}


def _late(random: Random, _provider: str) -> What:
    delay = round(random.uniform(*LATE), 2)
    return {"type": ActionType.DELAY, "phase": Phase.CREATE, "delay": delay, **share(random)}


def _blind(_random: Random, provider: str) -> What:
    """Whoever asks what was taken hears that something broke."""
    return {"type": ActionType.REPLY, "phase": Phase.LIST, **_TEMPORARY[provider][-1]}


def _undelivered(random: Random, provider: str) -> What:
    end = random.choice(_ENDS[provider])
    return {"type": ActionType.END, "phase": Phase.DELIVER, **end, **share(random, FEW)}


def _of_reports(random: Random, _provider: str, *, type_: ActionType) -> What:
    copies = {"copies": _COPIES} if type_ is ActionType.DUPLICATE else {}
    delay = {"delay": round(random.uniform(*LATE), 2)} if type_ is ActionType.DELAY else {}
    bounds = FEW if type_ is ActionType.DUPLICATE else _SHARE
    return {"type": type_, "phase": Phase.CALLBACK, **copies, **delay, **share(random, bounds)}


def _at_create(random: Random, _provider: str, *, type_: ActionType) -> What:
    return {"type": type_, "phase": Phase.CREATE, **share(random, FEW)}


ANY: Final[tuple[tuple[str, Draw], ...]] = (
    ("refuse", _refusal),
    ("refuse-for-good", _for_good),
    ("closed", _closed),
    ("error-after-accept", _obeyed_and_denied),
    ("late", _late),
    ("garbage-after-accept", partial(_at_create, type_=ActionType.GARBAGE_AFTER_ACCEPT)),
    ("stall", partial(_at_create, type_=ActionType.STALL)),
    ("stall-after-accept", partial(_at_create, type_=ActionType.STALL_AFTER_ACCEPT)),
    ("drop-before-accept", partial(_at_create, type_=ActionType.DROP)),
    ("drop-after-accept", partial(_at_create, type_=ActionType.DROP_AFTER_ACCEPT)),
    ("blind", _blind),
    ("reports-lost", partial(_of_reports, type_=ActionType.LOSE)),
    ("reports-flood", partial(_of_reports, type_=ActionType.DUPLICATE)),
    ("reports-disordered", partial(_of_reports, type_=ActionType.DISORDER)),
    ("reports-late", partial(_of_reports, type_=ActionType.DELAY)),
)
"""What any provider may do, by name."""
_OF_TEXTS: Final = (*ANY, ("undelivered", _undelivered))
_OF_NOTIFY: Final = frozenset({"refuse", "error-after-accept", "drop-after-accept", "undelivered"})
"""What is done to the one in reserve, too: it is seldom used."""


def _drawn(random: Random, _scale: Scale, *, provider: str, rule: Draw) -> What:
    tag = f"Rule {random.getrandbits(48):012x}"
    seconds = round(random.uniform(*_LONG), 2)
    what = {"provider": provider, "seconds": seconds, "tag": tag, **rule(random, provider)}
    return {key: str(value) if isinstance(value, str) else value for key, value in what.items()}  # no enums


def rule_of(what: What) -> Rule:
    """The sandbox's rule that was drawn; its text is the tag, by which it is found again."""
    action = {
        "type": what["type"],
        "status": what.get("end", what.get("status")),
        "code": what.get("code"),
        "text": what["tag"],
        "retry_after_s": what.get("retry_after"),
        "delay_s": what.get("delay", 0),
        "copies": what.get("copies", 2),
    }
    phase, share = Phase(str(what["phase"])), float(what.get("share", 1))
    return Rule(phase=phase, action=Action.model_validate(action), share=share)


async def _rule_for_a_time(scene: Scene, what: What) -> None:
    doors = DOORS[str(what["provider"])]
    await rule_for_a_time(scene, rule_of(what), seconds=float(what["seconds"]), doors=doors)


def _down_drawn(random: Random, _scale: Scale, *, provider: str) -> What:
    return {"provider": provider, "seconds": round(random.uniform(*_LONG), 2)}


async def _down_for_a_time(scene: Scene, what: What) -> None:
    doors = DOORS[str(what["provider"])]
    await down_for_a_time(scene, seconds=float(what["seconds"]), doors=doors)


def kind(provider: str, name: str, rule: Draw) -> Kind:
    """That a provider follows a rule for a time."""
    return Kind(f"{provider}-{name}", partial(_drawn, provider=provider, rule=rule), _rule_for_a_time)


def down(provider: str) -> Kind:
    """That a provider refuses everything for a time."""
    return Kind(f"{provider}-down", partial(_down_drawn, provider=provider), _down_for_a_time)


KINDS: Final = (
    *(kind("twilio", name, rule) for name, rule in _OF_TEXTS),
    *(kind("notify", name, rule) for name, rule in _OF_TEXTS if name in _OF_NOTIFY),
    down("twilio"),
    down("notify"),
)
