"""The email channel: renders an alert once, splices each member in, hands over through the relays."""

from collections.abc import AsyncIterator, Sequence

from email_worker.domain_caps import DomainCaps
from email_worker.envelopes import Envelopes
from email_worker.job import Company, Job
from email_worker.relays import Relays
from email_worker.settings import EmailSettings
from email_worker.smtp_connection import Envelope
from tocsin_runtime.delivery.channel import Batch, Gate, Holds, Outcome, RouteWatch, Settled


class EmailChannel:
    """Email over one relay or several."""

    def __init__(self, settings: EmailSettings) -> None:
        self._envelopes = Envelopes(settings)
        self._caps = DomainCaps(settings.smtp_domain_caps)
        self._relays = Relays(settings, caps=self._caps)
        self.providers: Sequence[str] = self._relays.names

    async def run(self) -> None:
        """Keep the connections at work until cancelled."""
        await self._relays.run()

    async def send(
        self, batch: Batch, *, gate: Gate, holds: Holds, routes: RouteWatch
    ) -> AsyncIterator[Sequence[Settled]]:
        """Hand every message over; outcomes come in parts. Needs `run`."""
        self._caps.shares = gate

        def envelope_of(number: int, eight_bit: bool) -> Envelope | Outcome:  # noqa: FBT001 - called with both, always
            return self._envelopes.envelope(batch, batch.deliveries[number], eight_bit=eight_bit)

        job = Job(batch, envelope_of, company=Company(gate, holds, routes))
        self._relays.place(job)
        async for part in job.parts():
            yield part

    async def probe(self, provider: str) -> bool:
        """Whether this relay greets us and lets us in."""
        return await self._relays.probe(provider)
