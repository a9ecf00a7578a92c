"""Batches of claimed deliveries, and jobs of them."""

from collections.abc import Sequence
from uuid import uuid4

from email_worker.job import Company, Job
from tests.support.emails import an_alert
from tests.support.relays import HoldList, SlowList
from tests.support.smtp import OpenGate
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent


def a_claim(address: str = "ada@home.example", *, name: str = "Ada", language: str = "en") -> ClaimedDelivery:
    return ClaimedDelivery(uuid4(), 1, 1, uuid4(), address, name, language, 0, 0, resolve=False)


def a_batch(
    deliveries: Sequence[ClaimedDelivery],
    *,
    content: AlertContent | None = None,
    begin_by: float = float("inf"),
) -> Batch:
    return Batch(uuid4(), 1, content or an_alert(), deliveries, begin_by)


def a_job(*domains: str, begin_by: float = float("inf")) -> Job:
    """A job with a message to each of these domains, in this order."""
    batch = a_batch([a_claim(f"m@{domain}") for domain in domains], begin_by=begin_by)
    nothing = Outcome(OutcomeClass.LATE)
    return Job(batch, lambda _, __: nothing, company=Company(OpenGate(), HoldList(), SlowList()))
