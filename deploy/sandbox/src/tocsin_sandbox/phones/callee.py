"""Who picks up a phone that rings, and what they do then."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tocsin_sandbox.phones.behaviour import Seconds, Span

Keys = Annotated[str, Field(pattern=r"^[0-9*#]{0,20}$")]
Verdict = Literal[
    "human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown"
]


class Who(StrEnum):
    """What picks up."""

    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"


class Callee(BaseModel):
    """One way to take a call; seconds are of the call's own time.

    `answers_after_s`: of ringing. `greeting_s`: how long they speak first. `beep`: a machine does after its greeting.
    `answered_by`: what detection says, `detection_s`: after how long; null: what they are, once that can be known.
    `keys`: what a person presses at each prompt, an empty string is nothing; in a share `key_share` of the calls, and
    `key_after_s` after the prompt's end, or with `interrupts` after its beginning. `hangs_up_after_s`: of talk;
    null: never first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    who: Who = Who.HUMAN
    answers_after_s: Span = Span(least=1, most=5)
    greeting_s: Seconds = 1
    beep: bool = True
    answered_by: Verdict | None = None
    detection_s: Seconds | None = None
    keys: tuple[Keys, ...] = ("1",)
    key_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    key_after_s: Span = Span(least=0.5, most=2)
    interrupts: bool = False
    hangs_up_after_s: Seconds | None = None


BY_HAND = Callee(keys=())
"""A person at the page, who presses keys there."""
