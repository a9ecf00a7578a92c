"""The SMS channel: an alert is composed once, and handed over through the providers in order of preference."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from sms_worker.provider import Outgoing, Provider
from sms_worker.settings import SmsWorkerSettings
from sms_worker.texts import Texts
from tocsin_providers.http.failover import Failover
from tocsin_providers.http.job import Job
from tocsin_providers.http.lookups import Lookups
from tocsin_providers.http.wire import LATE
from tocsin_providers.report import Report
from tocsin_runtime.clock import utc_now
from tocsin_runtime.delivery.channel import Batch, Gate, Holds, Outcome, RouteWatch, Scope, Settled
from tocsin_store.content import AlertContent

_NO_ROOM: Final = replace(LATE, scope=Scope.ROUTE)
"""Its sender's pace has no room for it now."""


class SmsChannel:
    """Texts over one provider or several."""

    def __init__(self, settings: SmsWorkerSettings, *, providers: Sequence[Provider]) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._texts = Texts(settings)
        self._failover = Failover(providers, lanes=settings.lanes, most=settings.sms_requests)
        self._lookups = Lookups(providers, sought=self._texts.sought)
        self.providers: Sequence[str] = tuple(self._providers)

    async def run(self) -> None:
        """Keep requests under way until cancelled; then close all connections."""
        try:
            await self._failover.run()
        finally:
            for provider in self._providers.values():
                await provider.close()

    async def send(
        self,
        batch: Batch,
        *,
        gate: Gate,
        holds: Holds,
        routes: RouteWatch,  # noqa: ARG002 - carriers show in reports, not here
    ) -> AsyncIterator[Sequence[Settled]]:
        """Hand every message over, as far as the budget goes; outcomes come in parts. Needs `run`."""
        job = Job[Outgoing](batch, gate=gate, holds=holds)
        left = batch.budget
        now = utc_now()
        for number, claimed in enumerate(batch.deliveries):
            text = self._texts.outgoing(batch, claimed, now=now)
            if isinstance(text, Outcome):
                job.settled(number, text)
            elif left is not None and text.segments > left:
                job.settled(number, _NO_ROOM)
            else:
                left = None if left is None else left - text.segments
                job.add(number, text)
        self._failover.place(job)
        async for part in job.parts():
            yield part

    async def find(self, batch: Batch) -> Sequence[Settled]:
        """Look up the earlier attempts of these deliveries."""
        found = await self._lookups.find(batch)
        return [
            Settled(each.number, self._texts.with_price(each.outcome, batch, batch.deliveries[each.number]))
            for each in found
        ]

    def segments(self, content: AlertContent) -> int:
        """How many segments a text of this alert has at most."""
        return self._texts.segments(content)

    async def status(self, provider: str, ref: str) -> Report | None:
        """Ask what became of a text; None where nobody says."""
        asked = self._providers.get(provider)
        return None if asked is None else await asked.status(ref)

    async def probe(self, provider: str) -> bool:
        """Whether this provider lets us in; one that is not ours does not."""
        asked = self._providers.get(provider)
        return asked is not None and await asked.probe()
