"""What ends a pause: a probe, but not at once where the relay refused us and not only failed to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.support.crew import StubChannel
from tests.support.eventually import until
from tests.support.world import emptied
from tocsin_runtime.delivery.pause_watch import PauseWatch
from tocsin_runtime.process import Process
from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
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


async def test_a_relay_that_answers_again_ends_the_pause_another_worker_made(pool: Pool) -> None:
    await pauses.pause(pool, channel=Channel.EMAIL, reason=Reason.PROVIDER_UNREACHABLE, lasts=MINUTE)
    sender = StubChannel(up=False)

    async with watching(pool, sender) as watch:
        await until(lambda: watch.active)
        sender.up = True
        await until(lambda: not watch.active)

    assert await pauses.current(pool, channel=Channel.EMAIL) is None


async def test_a_refused_sender_is_believed_for_half_a_minute_whatever_a_probe_would_say(pool: Pool) -> None:
    await pauses.pause(pool, channel=Channel.EMAIL, reason=Reason.SENDER_REFUSED, lasts=MINUTE)
    sender = StubChannel()

    async with watching(pool, sender) as watch:
        await until(lambda: watch.active)
        probes_at_first = sender.probes
        await pool.execute("UPDATE pause SET since = now() - interval '31 seconds'")
        await until(lambda: not watch.active)

    assert (probes_at_first, sender.probes) == (0, 1)


async def test_a_pause_that_lapsed_begins_anew(pool: Pool) -> None:
    await pauses.pause(pool, channel=Channel.EMAIL, reason=Reason.CONFIGURATION, lasts=MINUTE)
    await pool.execute(
        "UPDATE pause SET since = now() - interval '1 hour', until = now() - interval '1 minute'"
    )

    await pauses.pause(pool, channel=Channel.EMAIL, reason=Reason.SENDER_REFUSED, lasts=MINUTE)

    found = await pauses.current(pool, channel=Channel.EMAIL)
    assert found is not None
    assert (found.reason, found.age < MINUTE) == (Reason.SENDER_REFUSED, True)
