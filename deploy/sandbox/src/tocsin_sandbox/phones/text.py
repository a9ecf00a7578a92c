"""One text, on its way to a phone or from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NONE: Final = "-"

_DETAILS: Final = ("account", "status", "sender", "service", "body", "callback", "valid_s", "fails_with")


class Provider(StrEnum):
    """Who carries it."""

    TWILIO = "twilio"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a client asked a provider to take."""

    provider: Provider
    account: str
    ref: str
    """The provider's id: a SID or a UUID."""
    reference: str
    """The client's own: what StatusCallback carries as `r`, or Notify's `reference`; `-` where there is none."""
    status: str
    """What it is once taken."""
    sender: str
    service: str = ""
    """The messaging service it went to, where the sender was left to that."""
    to: str
    body: str
    segments: int
    callback: str = ""
    """Where its statuses are reported; empty: nowhere."""
    valid_s: float | None = None
    """How long it may stay in the queue; None: as long as the provider keeps texts."""
    fails_with: int | None = None
    """What the provider already knows it will fail with."""
    begun: float
    """Unix time at which the request began."""

    def detail(self) -> dict[str, object]:
        """What the log's other fields do not say."""
        return {name: getattr(self, name) for name in _DETAILS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that is kept; times are unix times."""

    number: int
    draft: Draft
    inbound: bool = False
    taken_at: float
    updated_at: float
    status: str
    code: int | None = None
    final: bool = False
    body: str
    """Empty once redacted."""

    @property
    def ref(self) -> str:
        """The provider's id."""
        return self.draft.ref

    @property
    def phone(self) -> str:
        """The number of the phone it is on."""
        return self.draft.sender if self.inbound else self.draft.to

    @property
    def other(self) -> str:
        """Who is at the other end."""
        return self.draft.to if self.inbound else self.draft.sender
