"""One call: what was asked for, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypedDict

ENDS: Final = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
"""The statuses that are the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a client asked for; the names of its fields are those of the log."""

    account: str
    sid: str
    reference: str
    """The client's own: what StatusCallback carries as `r`; `-` where there is none."""
    sender: str
    to: str
    url: str = ""
    method: str = "POST"
    twiml: str = ""
    """What is to be said, where no URL says it."""
    fallback: str = ""
    callback: str = ""
    """Where its statuses are reported; empty: nowhere."""
    events: tuple[str, ...] = ("completed",)
    ring_s: float = 60
    limit_s: float = 14_400
    detection: str = ""
    """`Enable`, `DetectMessageEnd` or nothing."""
    detection_s: float = 30
    detected_late: bool = False
    """The call goes on while it is found out who answered."""
    detection_callback: str = ""
    begun: float
    """Unix time at which the request began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that is kept; times are unix times."""

    number: int
    asked: Asked
    created_at: float
    updated_at: float
    status: str = "queued"
    dialled_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    duration_s: int | None = None
    """Of talk, in the call's own time."""
    answered_by: str | None = None
    code: int | None = None
    """Why it failed, or the last warning."""
    reports: int = 0
    """How many statuses were reported."""

    @property
    def sid(self) -> str:
        """The provider's id."""
        return self.asked.sid

    @property
    def final(self) -> bool:
        """Whether it is over."""
        return self.status in ENDS


class Change(TypedDict, total=False):
    """What can happen to a call; the names are those of its fields and of the log."""

    status: str
    dialled_at: float
    answered_at: float
    ended_at: float
    duration_s: int
    answered_by: str
    code: int | None


class Kind(StrEnum):
    """What an entry of a transcript is."""

    STATUS = "status"
    SAID = "said"
    KEYS = "keys"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a transcript."""

    at: float
    kind: Kind
    text: str
