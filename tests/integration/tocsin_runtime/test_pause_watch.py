"""What ends a pause: a probe, but not at once where the relay refused us and not only failed to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.support.crew import StubChannel
from tests.support.eventually import eventually, until
from tests.support.world import emptied
from tocsin_runtime.delivery.pause_watch import PauseWatch
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
from tocsin_store.pauses import provider_route
from tocsin_store.pool import Pool

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def _nothing_is_on_hold(pool: Pool) -> None:
    await emptied(pool)
    await pool.execute("DELETE FROM pause")


@asynccontextmanager
async def watching(pool: Pool, sender: StubChannel) -> AsyncIterator[PauseWatch]:
    watch = PauseWatch(pool, channel=Channel.EMAIL, sender=sender)
    task = asyncio.create_task(watch.run(Process()))
    try:
        yield watch
    finally:
        task.cancel()


PROVIDER = provider_route("stub")


async def test_a_provider_that_answers_again_ends_the_hold_another_worker_made(pool: Pool) -> None:
    await pauses.hold(
        pool,
        channel=Channel.EMAIL,
        route=PROVIDER,
        reason=Reason.PROVIDER_UNREACHABLE,
        lasts=timedelta(),
    )
    sender = StubChannel(up=False)

    async with watching(pool, sender) as watch:
        await until(lambda: watch.active)
        sender.up = True
        await until(lambda: not watch.active)

    assert await pauses.in_force(pool) == []


async def test_refused_credentials_are_believed_whatever_a_probe_would_say(pool: Pool) -> None:
    sender = StubChannel()

    async with watching(pool, sender) as watch:
        watch.hold("stub", Reason.CONFIGURATION)
        await eventually(lambda: pauses.is_held(pool, channel=Channel.EMAIL))
        probes_at_first = sender.probes
        await pool.execute("UPDATE pause SET until = now()")
        await until(lambda: not watch.active)

    assert (probes_at_first, sender.probes) == (0, 1)


async def test_with_one_of_two_providers_held_the_channel_goes_on(pool: Pool) -> None:
    sender = StubChannel(up=False, providers=("one", "two"))

    async with watching(pool, sender) as watch:
        watch.hold("one", Reason.PROVIDER_UNREACHABLE)
        await eventually(lambda: pauses.in_force(pool))

        assert (watch.is_held("one"), watch.is_held("two"), watch.active) == (True, False, False)
        assert not await pauses.is_held(pool, channel=Channel.EMAIL)


async def test_an_operators_hold_lasts_until_its_time_whatever_a_probe_would_say(pool: Pool) -> None:
    await pauses.hold(pool, channel=Channel.EMAIL, route="*", reason=Reason.OPERATOR, lasts=MINUTE)
    sender = StubChannel()

    async with watching(pool, sender) as watch:
        await until(lambda: watch.active)
        await pool.execute("UPDATE pause SET until = now()")
        await until(lambda: not watch.active)

    assert await pauses.in_force(pool) == []
