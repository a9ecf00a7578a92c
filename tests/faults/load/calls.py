"""Calls as the provider's own ledger has them, and whom they come from."""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from tests.faults.history import Accept, Call
from tests.faults.load.texts import Taken
from tocsin_schemas.words import Channel

PROVIDER: Final = "twilio"


class Event(BaseModel):
    """A line of the ledger, see `tocsin_sandbox.calls.calls_log`."""

    model_config = ConfigDict(frozen=True)

    event: str
    at: float = 0.0
    sid: str = ""
    reference: str = "-"
    to: str = ""
    begun: float = 0.0
    hash: str = ""
    """Of what was said."""

    @property
    def taken(self) -> Taken:
        """The call as something that a provider took."""
        return Taken(self.at, self.begun, PROVIDER, self.sid, self.reference, self.to, segments=0)


def event_in(line: bytes) -> Event:
    """What a line says."""
    return Event.model_validate_json(line)


def accepts_in(line: bytes) -> Iterator[Accept]:
    """One where a call was taken, under the claim that its reference names."""
    event = event_in(line)
    attempt = event.taken.attempt
    if event.event == "created" and attempt is not None:
        delivery, fence = attempt
        yield Accept(event.at, event.begun, delivery, event.to, Channel.VOICE, PROVIDER, fence)


def calls_in(lines: Sequence[bytes]) -> Iterator[Call]:
    """Every call that was dialled; one that was dialled again after a restart is still the same."""
    began: dict[str, Event] = {}
    ended: dict[str, float] = {}
    for event in map(event_in, lines):
        if event.event == "dialled":
            began.setdefault(event.sid, event)
        elif event.event == "ended":
            ended[event.sid] = event.at
    for sid, event in began.items():
        if event.taken.attempt is not None:
            yield Call(*event.taken.attempt, event.to, event.at, ended.get(sid))


def caller_of(agency: UUID) -> str:
    """Whom its calls come from; begins as no member's number does."""
    return f"+4479{agency.int % 10**8:08d}"
