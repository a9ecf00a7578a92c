"""Composition root of the dispatcher."""

import asyncio
from contextlib import AsyncExitStack
from itertools import product
from typing import Final

from dispatcher import correcting, escalating, fan_out, forgetting, probing, waking
from dispatcher.closing import Closer
from dispatcher.enqueue import LaneQueue
from dispatcher.recovery import DeathWatch, Recovery
from dispatcher.settings import DispatcherSettings
from dispatcher.settling import Settler
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import Step, repeat
from tocsin_runtime.process import Process, run
from tocsin_runtime.settings import read_settings
from tocsin_schemas.words import Channel, Lane
from tocsin_store.busy import Busy, Work
from tocsin_store.partitions import make_ahead
from tocsin_store.pool import Pool, open_pool

_ASLEEP: Final = 5.0
"""Seconds after which a loop looks for itself though nobody woke it."""


async def serve(process: Process, *, settings: DispatcherSettings) -> None:
    """Fan out, enqueue, settle, close and recover until the process stops."""
    kafka = settings.kafka_bootstrap_servers
    outlet, observer = Outlet(kafka, client_id="dispatcher"), Observer(kafka)
    async with AsyncExitStack() as stack:
        pool, *lane_pools = [await stack.enter_async_context(await _pool(settings)) for _ in (None, *Lane)]
        await stack.enter_async_context(outlet)
        await stack.enter_async_context(observer)
        group = await stack.enter_async_context(asyncio.TaskGroup())

        def loop(name: str, step: Step, *, every: float, wake: asyncio.Event | None = None) -> None:
            group.create_task(repeat(step, process=process, name=name, every=every, wake=wake))

        asleep: dict[Busy, asyncio.Event] = {}

        def woken(step: Step, *, busy: Busy) -> asyncio.Event:
            asleep[busy] = asyncio.Event()
            name = "_".join(part for part in (busy.work, busy.channel, busy.lane) if part)
            loop(name, step, every=_ASLEEP, wake=asleep[busy])
            return asleep[busy]

        filled, accepted, over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        loop("fan_out", lambda: fan_out.fan_out(pool, filled=filled), every=1.0, wake=accepted)
        loop("closing", Closer(pool).close, every=1.0, wake=over)
        corrected = woken(
            lambda: correcting.correct(pool, observer, filled=filled), busy=Busy(Work.CORRECTIONS)
        )
        woken(escalating.Marker(pool, observer, moved=accepted).mark, busy=Busy(Work.MARK))
        woken(lambda: escalating.escalate_failed(pool, filled=filled), busy=Busy(Work.MOVING_ON))
        by_lane = dict(zip(Lane, lane_pools, strict=True))  # neither lane waits for the other's statements
        for channel, lane in product(Channel, Lane):
            queue = LaneQueue(by_lane[lane], outlet, channel, lane, settings)
            settler = Settler(by_lane[lane], outlet, observer, channel, lane)
            woken(queue.enqueue_chunk, busy=Busy(Work.CHUNKS, channel, lane))
            woken(queue.enqueue_due, busy=Busy(Work.DUE, channel, lane))
            woken(settler.settle, busy=Busy(Work.ON_LOG, channel, lane))
        loop("waking", lambda: waking.wake(pool, asleep), every=0.2, wake=filled)
        recovery = Recovery(pool, observer)
        loop("sessions", DeathWatch(pool, dead_after=settings.session_dead_after).look, every=1.0)
        woken(recovery.recover_dead, busy=Busy(Work.DEAD))
        loop("orphans", recovery.recover_orphans, every=5.0)
        loop("probing", lambda: probing.probe(pool), every=1.0)
        loop("partitions", lambda: make_ahead(pool), every=3_600.0)
        loop("forgetting", lambda: forgetting.forget(pool, settings=settings), every=3_600.0)
        await fan_out.listen(process, bootstrap_servers=kafka, bells=(accepted, over, corrected))


async def _pool(settings: DispatcherSettings) -> Pool:
    dsn = settings.database_url.get_secret_value()
    return await open_pool(dsn, size=settings.database_connections, application_name="dispatcher")


def main() -> None:
    """Console script."""
    settings = read_settings(DispatcherSettings)
    run("dispatcher", lambda process: serve(process, settings=settings), settings=settings)
