"""Members text back: they leave, come back, say that they have read it, or say something."""

import time
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final, Literal
from uuid import UUID

from tests.faults.evidence.leaks import TEXT
from tests.faults.history import Reply
from tests.faults.load.crowds import crowd_of, withdrawals
from tests.faults.load.means import Crowd, Means
from tests.faults.load.telling import heard
from tests.faults.load.texts import Taken, sender_of
from tests.faults.load.wires import Call, Wires
from tocsin_schemas.words import Channel

_SOON_S: Final = (0.0, 4.0)
_REGRETS_AFTER_S: Final = (2.5, 6.0)
_LEAVES_SHARE: Final = 0.25
_REGRETS_SHARE: Final = 0.5
_STOPS: Final = ("STOP", "stop", "Stop all.", "UNSUBSCRIBE", "end", "Quit", "CANCEL")
_READ: Final = ("YES", "1", "Ok")

Meaning = Literal["stop", "start", "reply"]


@dataclass(frozen=True, slots=True)
class Phones:
    """Everybody's."""

    means: Means
    wires: Wires
    _left: set[str] = field(default_factory=set)
    """Numbers that left once; nobody does so twice."""

    async def answer(self, taken: Taken, *, random: Random) -> None:
        """Text back some moments after a text came."""
        crowd = crowd_of(self.means.crowds, taken.recipient)
        if crowd is None or await self.means.stopped_within(random.uniform(*_SOON_S)):
            return
        if taken.recipient in self._left or random.random() >= _LEAVES_SHARE:
            await self._sent(taken, crowd, _reply(random), "reply", random=random)
            return
        self._left.add(taken.recipient)
        if await self._sent(taken, crowd, random.choice(_STOPS), "stop", random=random):
            left = withdrawals(crowd, taken.recipient, channel=Channel.SMS, at=time.time())
            await self.means.ledgers.keep(*left)
            if random.random() < _REGRETS_SHARE:
                await self.means.stopped_within(random.uniform(*_REGRETS_AFTER_S))
                await self._sent(taken, crowd, "START", "start", random=random)

    async def _sent(self, taken: Taken, crowd: Crowd, body: str, meaning: Meaning, *, random: Random) -> bool:
        """Text it to whom the text came from; whether it was acknowledged."""
        ref = f"{random.getrandbits(128):032x}"
        call = _by_twilio if taken.provider == "twilio" else _by_notify
        made = call(ref, taken.recipient, to=sender_of(crowd.agency), body=body)
        acknowledged = await heard(self.means, partial(self.wires.made, made, random=random), after=0)
        if acknowledged:
            await self.means.ledgers.keep(Reply(time.time(), _ref_of(made), meaning))
        return acknowledged


def _reply(random: Random) -> str:
    return random.choice((*_READ, f"{TEXT}{random.getrandbits(32):08x}: is the bridge open?"))


def _by_twilio(ref: str, number: str, *, to: str, body: str) -> Call:
    names = {"MessageSid": f"SM{ref}", "SmsSid": f"SM{ref}", "SmsMessageSid": f"SM{ref}"}
    said = {"From": number, "To": to, "Body": body, "NumMedia": "0", "NumSegments": "1"}
    return Call("/callbacks/twilio/messages", "twilio", {**names, **said})


def _by_notify(ref: str, number: str, *, to: str, body: str) -> Call:
    said = {"id": str(UUID(hex=ref)), "source_number": number.lstrip("+"), "destination_number": to}
    dated = {"message": body, "date_received": "2026-11-22T00:00:00.000000Z"}
    return Call("/callbacks/notify/messages", "notify", {**said, **dated})


def _ref_of(call: Call) -> str:
    return call.form["MessageSid" if call.provider == "twilio" else "id"]
