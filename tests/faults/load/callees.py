"""Who answers: most press a key that says so. Others ask again, press wrong ones or one to leave, are machines, are out."""

from typing import Final

from tests.faults.load.means import Means
from tests.faults.misbehaviour import Doors, misbehaviour_of
from tocsin_sandbox.phones.behaviour import Span
from tocsin_sandbox.phones.callee import Callee, Who
from tocsin_sandbox.phones.rules import Action, ActionType, Phase, Rule

DOORS: Final = Doors("/api/twilio/calls/rules", "/api/twilio/calls")
SPEED: Final = 6.0
"""Seconds of a call in one: who presses no key listens for more than five, and who asks again for more than ten."""

_AGAIN_S: Final = 2.0
_ANSWERS: Final = Span(least=0.5, most=3.0)


def _person(*keys: str, **others: float) -> Callee:
    return Callee.model_validate(
        {
            "keys": keys,
            "key_share": 1.0,
            "interrupts": True,
            "answers_after_s": _ANSWERS,
            "greeting_s": 0.5,
            **others,
        }
    )


USUAL: Final = _person("1", key_share=0.9)
_OTHERS: Final = {
    "asks again": (0.04, _person("2", "2", "2", interrupts=False)),
    "presses wrong keys": (0.03, _person("5", "#", "1")),
    "leaves": (0.02, _person("9", "9")),
    "hesitates to leave": (0.01, _person("9", "1")),
    "hangs up": (0.02, _person(hangs_up_after_s=2)),
    "is a machine": (0.05, Callee(who=Who.MACHINE, answers_after_s=_ANSWERS, greeting_s=4)),
    "is a fax": (0.01, Callee(who=Who.FAX, answers_after_s=_ANSWERS)),
}
"""With their shares of all calls; what is left of them is in `_OUT`, and `USUAL`."""
_OUT: Final = {"busy": 0.02, "no-answer": 0.02}


def rules() -> tuple[Rule, ...]:
    """How the sandbox is told of them; it draws anew for each call."""
    answers = (
        Rule(
            phase=Phase.RING,
            share=share,
            action=Action(type=ActionType.ANSWER, text=f"Who {who}", callee=callee),
        )
        for who, (share, callee) in _OTHERS.items()
    )
    ends = (
        Rule(
            phase=Phase.RING,
            share=share,
            action=Action(type=ActionType.END, text=f"Who is {status}", status=status),
        )
        for status, share in _OUT.items()
    )
    return *answers, *ends


async def be_called(means: Means) -> None:
    """Have all of them there until the load stops, also when the sandbox was killed meanwhile; then all are as most."""
    sandbox, people = misbehaviour_of(means.scene, doors=DOORS), rules()
    try:
        while True:
            await sandbox.begin(*people)
            if await means.stopped_within(_AGAIN_S):
                return
    finally:
        await sandbox.end(*(rule.action.text for rule in people))
