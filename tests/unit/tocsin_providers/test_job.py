"""What became of a batch is told once if all is soon, else each second; who has not begun in time is late."""

import time

import pytest

from tests.support.batches import a_batch
from tests.support.relays import HoldList
from tests.support.sms_channels import a_claim, a_text
from tests.support.smtp import OpenGate
from tocsin_providers.http import job as job_module
from tocsin_providers.http.job import Job
from tocsin_providers.http.wire import LATE
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Settled

DONE = Outcome(OutcomeClass.OK)


def a_job(count: int, *, begin_by: float = float("inf")) -> Job[str]:
    job = Job[str](
        a_batch([a_claim() for _ in range(count)], content=a_text(), begin_by=begin_by),
        gate=OpenGate(),
        holds=HoldList(),
    )
    for number in range(count):
        job.add(number, "Flood")
    return job


async def test_all_that_is_settled_comes_at_once() -> None:
    job = a_job(2)
    for message in job.messages:
        message.settle(DONE)

    assert [part async for part in job.parts()] == [[Settled(0, DONE), Settled(1, DONE)]]


async def test_an_empty_batch_has_no_parts() -> None:
    assert [part async for part in a_job(0).parts()] == []


async def test_a_slow_answer_holds_nobody_else_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "PART_SECONDS", 0.01)
    job = a_job(2)
    quick, slow = job.messages
    quick.settle(DONE)
    parts = job.parts()

    assert await anext(parts) == [Settled(0, DONE)]
    slow.settle(DONE)
    assert await anext(parts) == [Settled(1, DONE)]


async def test_who_still_waits_when_the_time_is_up_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "PART_SECONDS", 0.01)
    job = a_job(2, begin_by=time.monotonic())
    begun, _ = job.messages
    begun.waiting = False
    parts = job.parts()

    late = await anext(parts)
    begun.settle(DONE)

    assert late == [Settled(1, LATE)]
    assert [part async for part in parts] == [[Settled(0, DONE)]]
