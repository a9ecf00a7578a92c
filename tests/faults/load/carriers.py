"""Providers report what became of texts and calls: once or too often, out of order, and others in their name."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final
from uuid import UUID

from tests.faults.history import Callback
from tests.faults.load.means import Means
from tests.faults.load.telling import heard
from tests.faults.load.texts import Taken
from tests.faults.load.wires import Call, Wires
from tocsin_schemas.words import ReceiptKind

_SOON_S: Final = (0.0, 3.0)
_COPIES: Final = 50
_OFTEN_SHARE: Final = 0.01
_FORGED_SHARE: Final = 0.1
_BY_REF_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Told:
    """A status that is reported, and the kind of receipt that must come of it."""

    status: str
    kind: ReceiptKind
    code: str = ""

    @property
    def said(self) -> str:
        """The receipt's `provider_status`."""
        return f"{self.status} {self.code}".rstrip()


_READ: Final = Told("delivered", ReceiptKind.DELIVERED)
_GONE: Final = Told("undelivered", ReceiptKind.FAILED, "30005")
REPORTS: Final = {
    "twilio": {
        _READ: 40,
        _GONE: 20,
        Told("undelivered", ReceiptKind.FAILED, "30008"): 20,
        Told("undelivered", ReceiptKind.FAILED, "30006"): 2,
    },
    "notify": {
        _READ: 40,
        Told("permanent-failure", ReceiptKind.FAILED): 20,
        Told("technical-failure", ReceiptKind.FAILED): 20,
    },
    "calls": {
        Told("busy", ReceiptKind.FAILED): 10,
        Told("no-answer", ReceiptKind.FAILED): 10,
        Told("failed", ReceiptKind.FAILED, "13224"): 2,
    },
}
"""By provider, with weights. 30008 and a technical failure are tried again; 30006: that number takes no texts.

Of calls: after they were answered or not, so that another one may ring then. 13224: nobody reaches that number.
"""
FORGERIES: Final = {
    "twilio": Told("undelivered", ReceiptKind.FAILED, "30004"),
    "notify": Told("temporary-failure", ReceiptKind.FAILED),
    "calls": Told("canceled", ReceiptKind.FAILED),
}
"""What nobody else in a run says."""


def drawn_reports(provider: str, *, random: Random) -> Iterator[Told]:
    """What is said of one message: mostly once; now and then many times, that contradict each other, in disorder."""
    known = REPORTS[provider]
    if random.random() >= _OFTEN_SHARE:
        yield from random.choices([*known], [*known.values()])
        return
    yield from random.choices([*known][:3], (1, 5, 4), k=_COPIES)


@dataclass(frozen=True, slots=True)
class Carriers:
    """Whoever reports on texts and calls."""

    means: Means
    wires: Wires

    async def tell(self, taken: Taken, told: Told, *, by_ref: bool, random: Random) -> None:
        """Report it some moments later, until it is acknowledged, and write that down."""
        callback, call = _reported(taken, told, by_ref=by_ref)
        if await heard(
            self.means, partial(self.wires.made, call, random=random), after=random.uniform(*_SOON_S)
        ):
            await self.means.ledgers.keep(replace(callback, at=time.time()))

    async def forge(self, taken: Taken, *, random: Random) -> None:
        """Say in a provider's name what did not happen, once; whether or not it is acknowledged it must change nothing."""
        callback, call = _reported(taken, FORGERIES[taken.reported_as], by_ref=False)
        await self.means.stopped_within(random.uniform(*_SOON_S))
        await self.wires.made(replace(call, forged=True), random=random)
        await self.means.ledgers.keep(replace(callback, at=time.time(), forged=True))


def reports_on(taken: Taken, *, share: float, random: Random) -> Iterator[Told]:
    """What is reported on a text or a call, where anything is."""
    if random.random() < share:
        yield from drawn_reports(taken.reported_as, random=random)


def is_by_ref(taken: Taken, *, random: Random) -> bool:
    """Whether its reports name it only as the provider does."""
    return random.random() < _BY_REF_SHARE and taken.provider == "twilio"


def is_forged(random: Random, *, share: float) -> bool:
    """Whether somebody else reports on it, too."""
    return random.random() < share * _FORGED_SHARE


def _reported(taken: Taken, told: Told, *, by_ref: bool) -> tuple[Callback, Call]:
    delivery, fence = taken.attempt or (UUID(int=0), 0)
    callback = Callback(0.0, delivery, told.kind, told.said, None if by_ref else fence, by_ref=by_ref)
    if taken.provider != "twilio":
        return callback, _notify(taken, told)
    written = _twilio_call if taken.reported_as == "calls" else _twilio
    return callback, written(taken, told, query="" if by_ref else f"?r={taken.reference}")


def _twilio(taken: Taken, told: Told, *, query: str) -> Call:
    names = {"MessageSid": taken.ref, "SmsSid": taken.ref, "To": taken.recipient}
    says = {"MessageStatus": told.status, "SmsStatus": told.status}
    code = {"ErrorCode": told.code} if told.code else {}
    return Call(f"/callbacks/twilio/status{query}", "twilio", {**names, **says, **code})


def _twilio_call(taken: Taken, told: Told, *, query: str) -> Call:
    says = {"CallSid": taken.ref, "To": taken.recipient, "CallStatus": told.status, "CallDuration": "0"}
    code = {"ErrorCode": told.code} if told.code else {}
    return Call(f"/callbacks/twilio/calls{query}", "twilio", {**says, **code})


def _notify(taken: Taken, told: Told) -> Call:
    said = {"id": taken.ref, "reference": taken.reference, "to": taken.recipient, "status": told.status}
    return Call("/callbacks/notify/status", "notify", {**said, "notification_type": "sms"})
