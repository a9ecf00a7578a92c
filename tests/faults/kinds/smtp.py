"""The relay misbehaves: it refuses, for now or for good, drops, stalls, speaks late, speaks nonsense, is gone.

What a relay stalls stays stalled when it has recovered: that connection is dead, and the worker must find out by itself.
No delay slows a hand-over, since an envelope counts from its MAIL FROM.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.misbehaviour import SMTP, down_for_a_time, rule_for_a_time
from tocsin_sandbox.smtp.phases import Phase
from tocsin_sandbox.smtp.rules import Action, ActionType, Rule

Draw = Callable[[Random], What]

_LONG: Final = (0.5, 6.0)  # seconds
_DOWN: Final = (0.3, 5.0)  # seconds
_LATE: Final = (0.2, 3.0)  # seconds
_SHARE: Final = (0.05, 1.0)  # of the recipients
_FEW: Final = (0.05, 0.4)  # what stalls holds a connection until the worker gives it up
_FOR_GOOD: Final = (0.01, 0.05)  # each of them is a strike against an address

_TEMPORARY: Final[tuple[What, ...]] = (
    {"phase": Phase.CONNECT, "code": 421, "enhanced": "4.3.2"},
    {"phase": Phase.MAIL, "code": 451, "enhanced": "4.3.0"},
    {"phase": Phase.RCPT, "code": 451, "enhanced": "4.7.1"},
    {"phase": Phase.BODY, "code": 452, "enhanced": "4.3.1"},
)
_GARBLED: Final = (Phase.EHLO, Phase.RCPT, Phase.DATA, Phase.BODY)
_LATE_PHASES: Final = (Phase.CONNECT, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.BODY, Phase.BODY)


def _share(random: Random, bounds: tuple[float, float] = _SHARE) -> What:
    return {"share": round(random.uniform(*bounds), 3)}


def _refusal(random: Random) -> What:
    return {"type": ActionType.REPLY, **random.choice(_TEMPORARY), **_share(random)}


def _for_good(random: Random) -> What:
    refusal: What = {"type": ActionType.REPLY, "phase": Phase.RCPT, "code": 550, "enhanced": "5.1.1"}
    return {**refusal, **_share(random, _FOR_GOOD)}


def _late(random: Random) -> What:
    delay = round(random.uniform(*_LATE), 2)
    return {"type": ActionType.DELAY, "phase": random.choice(_LATE_PHASES), "delay": delay, **_share(random)}


def _garbage(random: Random) -> What:
    return {"type": ActionType.GARBAGE, "phase": random.choice(_GARBLED), **_share(random, _FEW)}


def _in_body(kind: ActionType, bounds: tuple[float, float]) -> Draw:
    return lambda random: {"type": kind, "phase": Phase.BODY, **_share(random, bounds)}


def _domain_stall(random: Random) -> What:
    return {"type": ActionType.STALL, "phase": random.choice((Phase.RCPT, Phase.BODY))}


def _domain_refuse(_random: Random) -> What:
    return {"type": ActionType.REPLY, "phase": Phase.RCPT, "code": 451, "enhanced": "4.4.1"}


_EVERYWHERE: Final[tuple[tuple[str, Draw], ...]] = (
    ("smtp-refuse", _refusal),
    ("smtp-refuse-for-good", _for_good),
    ("smtp-late", _late),
    ("smtp-garbage", _garbage),
    ("smtp-stall", _in_body(ActionType.STALL, _FEW)),
    ("smtp-stall-after-accept", _in_body(ActionType.STALL_AFTER_ACCEPT, _FEW)),
    ("smtp-drop-before-accept", _in_body(ActionType.DROP_BEFORE_ACCEPT, _SHARE)),
    ("smtp-drop-after-accept", _in_body(ActionType.DROP_AFTER_ACCEPT, _SHARE)),
)
_ONE_DOMAIN: Final[tuple[tuple[str, Draw], ...]] = (
    ("domain-stall", _domain_stall),
    ("domain-refuse", _domain_refuse),
)


def _drawn(random: Random, scale: Scale, *, rule: Draw, one_domain: bool) -> What:
    domain = {"domain": random.choice(scale.domains[1:])} if one_domain else {}
    tag = f"Rule {random.getrandbits(48):012x}"
    what = {"seconds": round(random.uniform(*_LONG), 2), "tag": tag, **domain, **rule(random)}
    return {key: str(value) if isinstance(value, str) else value for key, value in what.items()}  # no enums


def rule_of(what: What) -> Rule:
    """The sandbox's rule that was drawn; its text is the tag, by which it is found again."""
    action = Action.model_validate(
        {
            "type": what["type"],
            "code": what.get("code"),
            "enhanced": what.get("enhanced"),
            "delay_s": what.get("delay", 0),
            "text": what["tag"],
        }
    )
    match = f"*@{what['domain']}" if "domain" in what else None
    return Rule(
        phase=Phase(str(what["phase"])), action=action, match=match, share=float(what.get("share", 1))
    )


async def _rule_for_a_time(scene: Scene, what: What) -> None:
    await rule_for_a_time(scene, rule_of(what), seconds=float(what["seconds"]), doors=SMTP)


def _down_drawn(random: Random, _scale: Scale) -> What:
    return {"seconds": round(random.uniform(*_DOWN), 2)}


async def _down_for_a_time(scene: Scene, what: What) -> None:
    await down_for_a_time(scene, seconds=float(what["seconds"]), doors=SMTP)


def _everywhere(name: str, rule: Draw) -> Kind:
    return Kind(name, partial(_drawn, rule=rule, one_domain=False), _rule_for_a_time)


def _one_domain(name: str, rule: Draw) -> Kind:
    draw = partial(_drawn, rule=rule, one_domain=True)
    return Kind(
        name, draw, _rule_for_a_time, weight=2, disturbs=False, domain=lambda what: str(what["domain"])
    )


KINDS: Final = (
    *(_everywhere(name, rule) for name, rule in _EVERYWHERE),
    *(_one_domain(name, rule) for name, rule in _ONE_DOMAIN),
    Kind("smtp-down", _down_drawn, _down_for_a_time),
)
