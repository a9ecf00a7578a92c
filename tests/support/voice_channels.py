"""A running voice channel, and what it needs: accounts, lines, and a sandbox for it to talk to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

from tests.support.emails import an_alert
from tests.support.sms_channels import nothing_known
from tocsin_providers.twilio.resource import Known
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent
from tocsin_store.lines import Line, Seized
from voice_worker.callers import callers_of
from voice_worker.settings import VoiceWorkerSettings
from voice_worker.voice_channel import Seize, VoiceChannel

CALLER = "+442079460000"
HOME, WORK = "+442079460111", "+442079460222"
FREE = Line(Seized.SEIZED, timedelta())


def a_call(**changes: object) -> AlertContent:
    """An alert of an agency that calls."""
    return replace(an_alert(), **{"voice_from": CALLER, **changes})  # type: ignore[arg-type]


def a_claim(to: str = HOME, *, fence: int = 1, resolve: bool = False) -> ClaimedDelivery:
    return ClaimedDelivery(uuid4(), fence, 1, uuid4(), to, "Ada", "en", 0, 0, resolve=resolve)


@dataclass
class Lines:
    """A ledger's lines: all free, but for these."""

    taken: Mapping[UUID, Line] = field(default_factory=dict)
    asked: list[UUID] = field(default_factory=list)
    lost: bool = False
    """Whether nobody answers."""
    meanwhile: Callable[[], None] = field(default=lambda: None)
    """What happens while it is asked."""

    async def seize(self, _: UUID, claimed: Sequence[ClaimedDelivery]) -> Mapping[UUID, Line]:
        self.asked += [each.id for each in claimed]
        self.meanwhile()
        if self.lost:
            raise ConnectionError
        return {each.id: self.taken.get(each.id, FREE) for each in claimed}


def voice_settings(*accounts: Mapping[str, object], **values: object) -> VoiceWorkerSettings:
    return VoiceWorkerSettings.model_validate(
        {
            "database_url": "postgresql://nobody",
            "signing_key": "k" * 32,
            "public_url": "http://127.0.0.1:1",
            "sms_providers": accounts,
            **values,
        }
    )


def voice_to(*accounts: Mapping[str, object], **values: object) -> AbstractAsyncContextManager[VoiceChannel]:
    """Over these accounts, with a ledger that knows no call, and all of whose lines are free."""
    return voice_over(Lines(), *accounts, **values)


def voice_over(
    lines: Lines, *accounts: Mapping[str, object], **values: object
) -> AbstractAsyncContextManager[VoiceChannel]:
    """The same with these lines."""
    return voice_knowing(nothing_known, voice_settings(*accounts, **values), seize=lines.seize)


@asynccontextmanager
async def voice_knowing(
    known: Known, settings: VoiceWorkerSettings, *, seize: Seize
) -> AsyncIterator[VoiceChannel]:
    sender = VoiceChannel(settings, callers=callers_of(settings, known=known), seize=seize)
    requests = asyncio.create_task(sender.run())
    await asyncio.sleep(0)  # it closes what it has begun
    try:
        yield sender
    finally:
        requests.cancel()
        await asyncio.wait([requests])
