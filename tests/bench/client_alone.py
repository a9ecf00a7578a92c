"""Our SMTP client alone: the worker's connections and their backlog, with one ready message; no Kafka and no ledger."""

import asyncio
import time
from typing import Final

import uvloop

from email_worker.domain_caps import DomainCaps
from email_worker.envelopes import Envelopes
from email_worker.job import Company, Job
from email_worker.relays import Relays
from email_worker.smtp_connection import Envelope
from tests.support.batches import a_batch, a_claim
from tests.support.emails import an_alert
from tests.support.relays import HoldList, SlowList
from tests.support.smtp import OpenGate, email_settings
from tocsin_local.demo_alert import EMAIL_ALERT
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass
from tocsin_store.claim import CLAIM_LIMIT

_MESSAGES: Final = 20_000
_JOBS: Final = 4
"""On their way at a time, as in the worker."""


def rate(port: int) -> float:
    """Messages a second to a relay on this port, over open connections."""
    return uvloop.run(_rate(port))


async def _rate(port: int) -> float:
    settings = email_settings(port, smtp_connections=10)
    batch = a_batch([a_claim(f"m{number}@homes.example") for number in range(CLAIM_LIMIT)])
    batch_of_one = a_batch(batch.deliveries[:1], content=an_alert(body=EMAIL_ALERT))
    ready = Envelopes(settings).envelope(batch_of_one, batch.deliveries[0], eight_bit=True)
    relays = Relays(settings, caps=DomainCaps({}))
    running = asyncio.create_task(relays.run())
    try:
        await _sent(relays, batch, ready, count=_JOBS * CLAIM_LIMIT)
        begun = time.perf_counter()
        await _sent(relays, batch, ready, count=_MESSAGES)
        return _MESSAGES / (time.perf_counter() - begun)
    finally:
        running.cancel()


async def _sent(relays: Relays, batch: Batch, ready: Envelope | Outcome, *, count: int) -> None:
    left = iter(range(count // CLAIM_LIMIT))

    async def one_after_the_other() -> None:
        for _ in left:
            job = Job(batch, lambda _, __: ready, company=Company(OpenGate(), HoldList(), SlowList()))
            relays.place(job)
            settled = [one async for part in job.parts() for one in part]
            if any(one.outcome.of is not OutcomeClass.OK for one in settled):
                raise RuntimeError("a message was not taken")

    async with asyncio.TaskGroup() as group:
        for _ in range(_JOBS):
            group.create_task(one_after_the_other())
