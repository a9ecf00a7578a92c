"""Calls as the provider's own ledger has them, and whom they come from."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
    status: str | None = None
    answered_by: str | None = None

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
    seen: dict[str, Call] = {}
    for event in map(event_in, lines):
        attempt, known = event.taken.attempt, seen.get(event.sid)
        if known is None and attempt is not None and event.event == "dialled":
            seen[event.sid] = Call(*attempt, event.to, event.at, ended=None)
        elif known is not None and event.event == "detected":
            seen[event.sid] = replace(known, answered_by=event.answered_by)
        elif known is not None and event.event == "ended":
            seen[event.sid] = replace(known, ended=event.at, status=event.status)
    yield from seen.values()


def caller_of(agency: UUID) -> str:
    """Whom its calls come from; begins as no member's number does."""
    return f"+4479{agency.int % 10**8:08d}"
