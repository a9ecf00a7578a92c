"""The voice channel: a line is seized for each call, and the call made through the providers in order of preference."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from tocsin_providers.http.answers import Object
from tocsin_providers.http.failover import Failover
from tocsin_providers.http.job import Job
from tocsin_providers.http.lookups import Lookups
from tocsin_providers.http.wire import LATE
from tocsin_runtime.clock import utc_now
from tocsin_runtime.delivery.channel import (
    Batch,
    Gate,
    Holds,
    Outcome,
    OutcomeClass,
    RouteWatch,
    Scope,
    Settled,
)
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.lines import Line, Seized
from tocsin_store.pool import UNAVAILABLE
from voice_worker.calls import Calls
from voice_worker.settings import VoiceWorkerSettings
from voice_worker.twilio_caller import Call, TwilioCaller

log = structlog.get_logger()

_NO_ROOM: Final = replace(LATE, scope=Scope.ROUTE)
"""Its caller's pace has no room for it now."""
_CALLED: Final = Outcome(OutcomeClass.NEEDLESS, Reason.HOUSEHOLD_CALLED)
_SEIZE_SECONDS: Final = 1.0

Seize = Callable[[UUID, Sequence[ClaimedDelivery]], Awaitable[Mapping[UUID, Line]]]
"""Takes the lines of an alert's claimed deliveries. Raises UNAVAILABLE."""


class VoiceChannel:
    """Calls over one provider or several."""

    def __init__(
        self, settings: VoiceWorkerSettings, *, callers: Sequence[TwilioCaller], seize: Seize
    ) -> None:
        self._callers = {caller.name: caller for caller in callers}
        self._calls = Calls(settings)
        self._seize = seize
        self._failover = Failover(callers, lanes=settings.lanes, most=settings.voice_requests)
        self._lookups = Lookups(callers, sought=self._calls.sought)
        self.providers: Sequence[str] = tuple(self._callers)

    async def run(self) -> None:
        """Keep requests under way until cancelled; then close all connections."""
        try:
            await self._failover.run()
        finally:
            for caller in self._callers.values():
                await caller.close()

    async def send(
        self,
        batch: Batch,
        *,
        gate: Gate,
        holds: Holds,
        routes: RouteWatch,  # noqa: ARG002 - carriers show in reports, not here
    ) -> AsyncIterator[Sequence[Settled]]:
        """Make every call whose line is free, as far as the budget goes; outcomes come in parts. Needs `run`."""
        job = Job[Call](batch, gate=gate, holds=holds)
        wanted: dict[int, Call] = {}
        now = utc_now()
        for number, claimed in enumerate(batch.deliveries):
            call = self._calls.outgoing(batch, claimed, now=now)
            if isinstance(call, Outcome):
                job.settled(number, call)
            elif batch.budget is not None and len(wanted) >= batch.budget:
                job.settled(number, _NO_ROOM)
            else:
                wanted[number] = call
        if not all(
            holds.is_held(name) for name in self.providers
        ):  # else nobody takes them: no line is needed
            wanted = await self._seized(batch, wanted, job=job)
        for number, call in wanted.items():
            job.add(number, call)
        self._failover.place(job)
        async for part in job.parts():
            yield part

    async def _seized(self, batch: Batch, wanted: Mapping[int, Call], *, job: Job[Call]) -> dict[int, Call]:
        """Those whose line is theirs now; settles the others."""
        lines = await self._lines(batch.alert_id, [batch.deliveries[number] for number in wanted])
        seized: dict[int, Call] = {}
        for number, call in wanted.items():
            refused = _refused(lines.get(batch.deliveries[number].id))
            if refused is None:
                seized[number] = call
            else:
                job.settled(number, refused)
        return seized

    async def _lines(self, alert_id: UUID, claimed: Sequence[ClaimedDelivery]) -> Mapping[UUID, Line]:
        if not claimed:
            return {}
        try:
            async with asyncio.timeout(_SEIZE_SECONDS):
                return await self._seize(alert_id, claimed)
        except (TimeoutError, *UNAVAILABLE) as error:  # what was seized all the same, the receipts free
            log.warning("lines_not_seized", error=type(error).__name__)
            return {}

    async def find(self, batch: Batch) -> Sequence[Settled]:
        """Look up the earlier attempts of these deliveries."""
        return await self._lookups.find(batch)

    async def fetched(self, provider: str, ref: str) -> Object | None:
        """A call as its provider has it; None where nobody says."""
        asked = self._callers.get(provider)
        return None if asked is None else await asked.fetched(ref)

    async def is_free(self, number: str) -> bool:
        """Whether every provider says that no call to this number is queued, rings or goes on."""
        calls = await asyncio.gather(*(caller.calls(number) for caller in self._callers.values()))
        return all(goes_on is False for goes_on in calls)

    async def probe(self, provider: str) -> bool:
        """Whether this provider lets us in; one that is not ours does not."""
        asked = self._callers.get(provider)
        return asked is not None and await asked.probe()


def _refused(line: Line | None) -> Outcome | None:
    """Why a call is not made; None where its line was seized."""
    if line is None:
        return LATE
    match line.of:
        case Seized.SEIZED:
            return None
        case Seized.OCCUPIED:
            return Outcome(OutcomeClass.OCCUPIED, Reason.LINE_BUSY, lasts=line.again_in)
        case Seized.FULL:
            return Outcome(OutcomeClass.OCCUPIED, Reason.THROTTLED, lasts=line.again_in)
        case Seized.CALLED:
            return _CALLED
