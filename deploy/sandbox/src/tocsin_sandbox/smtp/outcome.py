"""What the session decides about what a client said, and what the rules make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp.rules import Action, ActionType


@dataclass(frozen=True, slots=True)
class Misstep:
    """A rule applies: do its action; `commit` gives the usual outcome, for the actions that do not replace it."""

    action: Action
    commit: Callable[[], bytes | Received]


Outcome: TypeAlias = bytes | Received | Misstep
"""What to do next: send this reply, record this message, or misbehave."""


class Ending(Enum):
    """What follows once a message is recorded."""

    REPLY = "reply"
    DROP = "drop"
    STALL = "stall"


ENDINGS: Final = {
    ActionType.DROP_AFTER_ACCEPT: Ending.DROP,
    ActionType.STALL_AFTER_ACCEPT: Ending.STALL,
}
"""The others end with a reply."""
