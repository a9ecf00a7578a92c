"""Composition root of the dispatcher."""

import asyncio
from itertools import product

from dispatcher import expiry, fan_out
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
from tocsin_store.partitions import make_ahead
from tocsin_store.pool import open_pool


async def serve(process: Process, *, settings: DispatcherSettings) -> None:
    """Fan out, enqueue, settle and recover until the process stops."""
    kafka = settings.kafka_bootstrap_servers
    dsn = settings.database_url.get_secret_value()
    pool = await open_pool(dsn, size=settings.database_connections, application_name="dispatcher")
    bell = asyncio.Event()
    filled = {lane: asyncio.Event() for lane in product(Channel, Lane)}
    outlet, observer = Outlet(kafka, client_id="dispatcher"), Observer(kafka)
    async with pool, outlet, observer, asyncio.TaskGroup() as group:

        def loop(name: str, step: Step, *, every: float, wake: asyncio.Event | None = None) -> None:
            group.create_task(repeat(step, process=process, name=name, every=every, wake=wake))

        loop("fan_out", lambda: fan_out.fan_out(pool, filled=list(filled.values())), every=1.0, wake=bell)
        for (channel, lane), wake in filled.items():
            queue = LaneQueue(pool, outlet, channel, lane, settings)
            settler = Settler(pool, outlet, observer, channel, lane)
            loop(f"enqueue_{channel}_{lane}", queue.enqueue_chunk, every=0.2, wake=wake)
            loop(f"due_{channel}_{lane}", queue.enqueue_due, every=0.2)
            loop(f"settle_{channel}_{lane}", settler.settle, every=0.2)
        recovery = Recovery(pool, observer)
        loop("sessions", DeathWatch(pool, dead_after=settings.session_dead_after).look, every=1.0)
        loop("recovery", recovery.recover_dead, every=0.5)
        loop("orphans", recovery.recover_orphans, every=5.0)
        loop("expiry", lambda: expiry.expire(pool), every=1.0)
        loop("partitions", lambda: make_ahead(pool), every=3_600.0)
        await fan_out.listen(process, bootstrap_servers=kafka, bell=bell)


def main() -> None:
    """Console script."""
    settings = read_settings(DispatcherSettings)
    run("dispatcher", lambda process: serve(process, settings=settings), settings=settings)
