"""Misbehaviour on demand: which rules there are, and which one applies now."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tocsin_sandbox.armed import Armed, Pattern
from tocsin_sandbox.smtp.phases import Phase


class ActionType(StrEnum):
    """What happens in place of the usual answer, once `delay_s` is over."""

    REPLY = "reply"
    DELAY = "delay"
    DROP = "drop"
    DROP_BEFORE_ACCEPT = "drop_before_accept"
    DROP_AFTER_ACCEPT = "drop_after_accept"
    STALL = "stall"
    STALL_AFTER_ACCEPT = "stall_after_accept"
    GARBAGE = "garbage"
    BOUNCE = "bounce"


class BounceStyle(StrEnum):
    """What is sent back: a report by RFC 3464, a letter as qmail writes it, or a complaint by RFC 5965."""

    DSN = "dsn"
    QMAIL = "qmail"
    COMPLAINT = "complaint"


AFTER_RECIPIENTS: Final = frozenset({Phase.RCPT, Phase.DATA, Phase.BODY, Phase.BOUNCE})
BODY_ONLY: Final = frozenset(
    {ActionType.DROP_BEFORE_ACCEPT, ActionType.DROP_AFTER_ACCEPT, ActionType.STALL_AFTER_ACCEPT}
)
MAX_DELAY_S: Final = 3_600.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Action(_Strict):
    """What to do. `delay_s` comes before everything else; a client that leaves meanwhile is not recorded.

    A bounce is sent `delay_s` after the message was accepted; `status` is what a report says: 2.x.x delivered, others
    failed.
    """

    type: ActionType
    code: Annotated[int, Field(ge=400, le=599)] | None = None
    enhanced: Annotated[str, Field(pattern=r"^[45]\.\d{1,3}\.\d{1,3}$")] | None = None
    text: Annotated[str, Field(pattern=r"^[ -~]*$", max_length=400)] = "As you wished"
    delay_s: Annotated[float, Field(ge=0, le=MAX_DELAY_S)] = 0
    style: BounceStyle | None = None
    status: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] = "5.1.1"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.type is ActionType.REPLY) != (self.code is not None):
            raise ValueError("a reply, and nothing else, needs a code")
        if self.type is ActionType.DELAY and not self.delay_s:
            raise ValueError("a delay needs delay_s")
        if (self.type is ActionType.BOUNCE) != (self.style is not None):
            raise ValueError("a bounce, and nothing else, needs a style")
        return self

    def reply(self) -> bytes:
        """The reply line of an action of type reply."""
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text))).encode("ascii") + b"\r\n"


class Rule(_Strict):
    """When to do it.

    `match` is a glob on the recipient, or a regular expression after `re:`; case is ignored. `share` draws by
    recipient (by connection where there is none yet) and always draws the same. `times` counts applications, over all
    or, with `per_recipient`, for each recipient alone; null is for ever.
    """

    phase: Phase
    action: Action
    match: Pattern | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    per_recipient: bool = False
    share: Annotated[float, Field(ge=0, le=1)] = 1

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.phase not in AFTER_RECIPIENTS and (self.match is not None or self.per_recipient):
            raise ValueError("no recipient is known in this phase")
        if self.phase is not Phase.BODY and self.action.type in BODY_ONLY:
            raise ValueError("this action belongs to the phase body")
        if (self.phase is Phase.BOUNCE) != (self.action.type is ActionType.BOUNCE):
            raise ValueError("a bounce, and nothing else, belongs to the phase bounce")
        if self.phase is Phase.OTHER:
            raise ValueError("no rule applies to other commands")
        return self


class RuleSet(_Strict):
    """All rules, the first that applies wins; `down` stops or starts listening, null leaves it as it is."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()
    down: bool | None = None


class RuleBook:
    """The rules in force; in a phase not among `phases` there is nothing to ask."""

    def __init__(self, rules: RuleSet | None = None) -> None:
        self.replace(rules or RuleSet())

    def replace(self, rules: RuleSet) -> None:
        """Put these in place of all others; what was counted is forgotten."""
        self.rules = rules
        self._armed = tuple(
            Armed(rule, salt=f"{rules.seed} {place}") for place, rule in enumerate(rules.rules)
        )
        self.phases = frozenset(rule.phase for rule in rules.rules)

    def applied(self) -> list[int]:
        """How often each rule has applied, in their order."""
        return [armed.applied for armed in self._armed]

    def action(self, phase: Phase, *, subjects: Sequence[bytes]) -> Action | None:
        """The action of the first rule that applies to one of these recipients, or to this connection."""
        for armed in self._armed:
            if armed.rule.phase is phase and any(
                armed.applies(subject.decode("latin-1")) for subject in subjects
            ):
                return armed.rule.action
        return None
