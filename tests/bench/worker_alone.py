"""The email worker alone: everything is on the log before it starts; counted are receipts that Kafka acknowledged."""

import asyncio
import time
from typing import Final

import aiohttp

from tests.bench.county import running_stack
from tests.bench.rows import Row
from tocsin_local.demo_alert import EMAIL_ALERT, Client
from tocsin_local.demo_load import load
from tocsin_local.stack import Stack
from tocsin_local.state import url_of
from tocsin_runtime.kafka.admin import Observer
from tocsin_schemas.topics import RECEIPTS, deliveries
from tocsin_schemas.words import Channel, Lane

_MEMBERS: Final = 22_000
_GOAL: Final = 0.6
_FROM: Final = 0.1
_TO: Final = 0.95


def measure(*, sink: int, ceiling: float) -> list[Row]:
    """Rate between the first tenth and the last twentieth, against smtp-source's of this run."""
    with running_stack(TOCSIN_SMTP_PORT=str(sink), TOCSIN_WINDOW_LEAST="1000000") as stack:
        stack.stop_one("email-worker")
        stack.stop_one("receipts-worker")
        rate = asyncio.run(_rate(stack))
    ratio = rate / ceiling
    return [
        Row("worker-alone", rate, "deliveries/s", ceiling, ratio, f"≥ {_GOAL} of smtp-source", ratio >= _GOAL)
    ]


async def _rate(stack: Stack) -> float:
    loaded = await load(stack.database_url, count=_MEMBERS, seed=1, progress=lambda _: None)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {loaded.api_key}"}) as session,
        Observer(stack.kafka_bootstrap) as observer,
    ):
        await Client(session, url=url_of(stack.state, "alert-api"), alert=EMAIL_ALERT).post()
        topic = deliveries(Channel.EMAIL, Lane.ROUTINE)
        while sum((await observer.end_offsets(topic)).values()) * 100 < loaded.expected[Channel.EMAIL]:
            await asyncio.sleep(0.2)
        await asyncio.to_thread(stack.start_one, "email-worker")
        return await _slope(observer, expected=loaded.expected[Channel.EMAIL])


async def _slope(observer: Observer, *, expected: int) -> float:
    seen: list[tuple[float, int]] = []
    while not seen or seen[-1][1] < _TO * expected:
        count = sum((await observer.end_offsets(RECEIPTS)).values())
        if count >= _FROM * expected:
            seen.append((time.perf_counter(), count))
        await asyncio.sleep(0.02)
    (began, first), (ended, last) = seen[0], seen[-1]
    return (last - first) / (ended - began)
