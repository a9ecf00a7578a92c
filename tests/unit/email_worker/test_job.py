"""What became of a batch is told in parts, and what only slow domains still hold back holds up nobody else."""

import asyncio

import pytest

from email_worker import job as job_module
from tests.support.batches import a_job
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope, Settled

DONE = Outcome(OutcomeClass.OK)


@pytest.fixture(autouse=True)
def _hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part comes merely because a second is over."""
    monkeypatch.setattr(job_module, "PART_SECONDS", 3_600.0)


async def test_a_part_comes_as_soon_as_only_slow_domains_are_left() -> None:
    job = a_job("home.example", "slow.example")
    home, slow = job.messages
    home.settle(DONE)
    slow.put_aside = True

    part = await anext(job.parts())

    assert part == [Settled(0, DONE)]


async def test_all_that_is_settled_comes_at_once() -> None:
    job = a_job("home.example", "home.example")
    for message in job.messages:
        message.settle(DONE)

    parts = [part async for part in job.parts()]

    assert parts == [[Settled(0, DONE), Settled(1, DONE)]]


async def test_while_somebody_waits_for_a_connection_nothing_is_told() -> None:
    job = a_job("home.example", "home.example")
    first, second = job.messages
    first.settle(DONE)
    parts = asyncio.ensure_future(anext(job.parts()))

    await asyncio.wait([parts], timeout=3 * job_module.LOOK_SECONDS)
    told_early = parts.done()
    second.settle(DONE)

    assert not told_early
    assert len(await parts) == 2


async def test_what_is_late_says_whether_it_waited_for_its_domain() -> None:
    job = a_job("home.example", "slow.example")
    job.begin_by = 0.0
    job.messages[1].put_aside = True

    ((waited, aside),) = [part async for part in job.parts()]

    assert (waited.outcome.of, waited.outcome.scope) == (OutcomeClass.LATE, None)
    assert (aside.outcome.of, aside.outcome.scope) == (OutcomeClass.LATE, Scope.ROUTE)
