"""Misbehaviour of a provider on demand: which rules there are, and which one applies now."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tocsin_sandbox.armed import Armed, Pattern
from tocsin_sandbox.phones.callee import Callee

MAX_DELAY_S: Final = 3_600.0
MAX_COPIES: Final = 1_000


class Phase(StrEnum):
    """What happens: a request of a client; a text's end; a phone is rung; what to say is asked for; a report; a reply."""

    CREATE = "create"
    FETCH = "fetch"
    LIST = "list"
    UPDATE = "update"
    PROBE = "probe"
    DELIVER = "deliver"
    RING = "ring"
    ASK = "ask"
    CALLBACK = "callback"
    INBOUND = "inbound"


class ActionType(StrEnum):
    """What happens in place of the usual, once `delay_s` is over; `…_after_accept` once the request was obeyed, too."""

    REPLY = "reply"
    REPLY_AFTER_ACCEPT = "reply_after_accept"
    DELAY = "delay"
    DROP = "drop"
    DROP_AFTER_ACCEPT = "drop_after_accept"
    STALL = "stall"
    STALL_AFTER_ACCEPT = "stall_after_accept"
    GARBAGE = "garbage"
    GARBAGE_AFTER_ACCEPT = "garbage_after_accept"
    END = "end"
    ANSWER = "answer"
    LOSE = "lose"
    DUPLICATE = "duplicate"
    DISORDER = "disorder"


AFTER_ACCEPT: Final = frozenset(
    {
        ActionType.REPLY_AFTER_ACCEPT,
        ActionType.DROP_AFTER_ACCEPT,
        ActionType.STALL_AFTER_ACCEPT,
        ActionType.GARBAGE_AFTER_ACCEPT,
    }
)
UNANSWERED: Final = frozenset({"busy", "no-answer", "failed"})
REPLIES: Final = frozenset({ActionType.REPLY, ActionType.REPLY_AFTER_ACCEPT})
_OF_POSTS: Final = frozenset({ActionType.LOSE, ActionType.DUPLICATE, ActionType.DISORDER, ActionType.DELAY})
_OF_ENDS: Final = frozenset({ActionType.END, ActionType.ANSWER})
_OF_REQUESTS: Final = frozenset(ActionType) - _OF_POSTS - _OF_ENDS | {ActionType.DELAY}
_POSSIBLE: Final[Mapping[Phase, frozenset[ActionType]]] = {
    Phase.DELIVER: frozenset({ActionType.END}),
    Phase.RING: _OF_ENDS,
    Phase.ASK: frozenset({ActionType.LOSE, ActionType.DELAY}),
    Phase.CALLBACK: _OF_POSTS,
    Phase.INBOUND: _OF_POSTS,
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Action(_Strict):
    """What to do. `delay_s` comes before everything else.

    A reply has an HTTP `status` and the provider's `code` (a number for Twilio, an error's name for Notify); an end is the
    `status` a text or call gets for good, and Twilio's `code`; an answer is a `callee` who picks up; a duplicate is sent
    `copies` times in all; a disorder lets the next report of the same text or call go first.
    """

    type: ActionType
    status: (
        Annotated[int, Field(ge=200, le=599)] | Annotated[str, Field(pattern=r"^[a-z_-]{1,30}$")] | None
    ) = None
    code: int | str | None = None
    text: Annotated[str, Field(max_length=400)] = "As you wished"
    retry_after_s: Annotated[int, Field(ge=0)] | None = None
    delay_s: Annotated[float, Field(ge=0, le=MAX_DELAY_S)] = 0
    copies: Annotated[int, Field(ge=2, le=MAX_COPIES)] = 2
    callee: Callee | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.type in REPLIES) != isinstance(self.status, int):
            raise ValueError("a reply, and nothing else, needs an HTTP status")
        if (self.type is ActionType.END) != isinstance(self.status, str):
            raise ValueError("an end, and nothing else, needs the status of a text or call")
        if self.type is ActionType.END and isinstance(self.code, str):
            raise ValueError("the code of an end is a number")
        if (self.type is ActionType.ANSWER) != (self.callee is not None):
            raise ValueError("an answer, and nothing else, needs a callee")
        if self.type is ActionType.DELAY and not self.delay_s:
            raise ValueError("a delay needs delay_s")
        return self

    @property
    def http_status(self) -> int:
        """The status of a reply."""
        return self.status if isinstance(self.status, int) else 500

    @property
    def end(self) -> tuple[str, int | None]:
        """The status and the code of an end."""
        return str(self.status), self.code if isinstance(self.code, int) else None


class Rule(_Strict):
    """When to do it.

    `match` is a glob on the number of the phone, or a regular expression after `re:`. `share` draws by number, for reports
    and texts from phones by text and status, and always draws the same. `times` counts applications, over all or, with
    `per_recipient`, for each number alone; null is for ever. `statuses`: reports of these alone.
    """

    phase: Phase
    action: Action
    match: Pattern | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    per_recipient: bool = False
    share: Annotated[float, Field(ge=0, le=1)] = 1
    statuses: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.action.type not in _POSSIBLE.get(self.phase, _OF_REQUESTS):
            raise ValueError(f"{self.action.type} is no action of the phase {self.phase}")
        if (
            self.phase is Phase.RING
            and self.action.type is ActionType.END
            and self.action.status not in UNANSWERED
        ):
            raise ValueError(f"a call that nobody answers ends as one of {sorted(UNANSWERED)}")
        if self.statuses and self.phase is not Phase.CALLBACK:
            raise ValueError("only a report has a status")
        return self


class RuleSet(_Strict):
    """All rules, the first that applies wins."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()


class RuleBook:
    """The rules in force."""

    def __init__(self) -> None:
        self.replace(RuleSet())

    def replace(self, rules: RuleSet) -> None:
        """Put these in place of all others; what was counted is forgotten."""
        self.rules = rules
        self._armed = tuple(
            Armed(rule, salt=f"{rules.seed} {place}") for place, rule in enumerate(rules.rules)
        )

    def applied(self) -> list[int]:
        """How often each rule has applied, in their order."""
        return [armed.applied for armed in self._armed]

    def action(self, phase: Phase, *, number: str, status: str = "", lot: str | None = None) -> Action | None:
        """The action of the first rule that applies to this number, and to this status of a report."""
        for armed in self._armed:
            rule = armed.rule
            if rule.phase is not phase or (rule.statuses and status not in rule.statuses):
                continue
            if armed.applies(number, lot=lot):
                return rule.action
        return None
