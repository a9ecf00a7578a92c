"""Composition root of the dispatcher."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
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


class Loops:
    """Steps that are done again and again: each so many seconds, or when there is something to do."""

    def __init__(self, process: Process, group: asyncio.TaskGroup) -> None:
        self.asleep: dict[Busy, asyncio.Event] = {}
        self._process = process
        self._group = group

    def every(self, seconds: float, step: Step, *, name: str, wake: asyncio.Event | None = None) -> None:
        """Do it so often, and when it is woken."""
        self._group.create_task(repeat(step, process=self._process, name=name, every=seconds, wake=wake))

    def woken(self, busy: Busy, step: Step) -> asyncio.Event:
        """Do it while there is such work, or when the event is set."""
        wake = self.asleep[busy] = asyncio.Event()
        name = "_".join(part for part in (busy.work, busy.channel, busy.lane) if part)
        self.every(_ASLEEP, step, name=name, wake=wake)
        return wake


async def serve(process: Process, *, settings: DispatcherSettings) -> None:
    """Fan out, enqueue, settle, close and recover until the process stops."""
    kafka = settings.kafka_bootstrap_servers
    outlet, observer = Outlet(kafka, client_id="dispatcher"), Observer(kafka)
    async with AsyncExitStack() as stack:
        sizes = [settings.database_connections] * (1 + len(Lane))
        sizes[0] += settings.fan_out_parts
        pool, *lane_pools = [
            await stack.enter_async_context(await _pool(settings, size=size)) for size in sizes
        ]
        await stack.enter_async_context(outlet)
        await stack.enter_async_context(observer)
        loops = Loops(process, await stack.enter_async_context(asyncio.TaskGroup()))
        for lane, lane_pool in zip(Lane, lane_pools, strict=True):  # neither waits for the other's statements
            _deliver(loops, lane_pool, lane, outlet=outlet, observer=observer, settings=settings)
        bells = _decide(loops, pool, observer, parts=settings.fan_out_parts)
        _care(loops, pool, observer, settings=settings)
        await fan_out.listen(process, bootstrap_servers=kafka, bells=bells)


def _deliver(
    loops: Loops, pool: Pool, lane: Lane, *, outlet: Outlet, observer: Observer, settings: DispatcherSettings
) -> None:
    """What is in the ledger goes on the log, and is followed there."""
    for channel in Channel:
        queue = LaneQueue(pool, outlet, channel, lane, settings)
        loops.woken(Busy(Work.CHUNKS, channel, lane), queue.enqueue_chunk)
        loops.woken(Busy(Work.DUE, channel, lane), queue.enqueue_due)
        loops.woken(Busy(Work.ON_LOG, channel, lane), Settler(pool, outlet, observer, channel, lane).settle)


def _decide(loops: Loops, pool: Pool, observer: Observer, *, parts: int) -> Sequence[asyncio.Event]:
    """Who is to get what; returns the bells to ring where something was posted."""
    filled, accepted, over = asyncio.Event(), asyncio.Event(), asyncio.Event()
    for number in range(parts):
        loops.every(
            _ASLEEP if number else 1.0,
            lambda: fan_out.fan_out(pool, parts=parts, filled=filled, more=accepted),
            name="fan_out",
            wake=accepted,
        )
    loops.every(1.0, Closer(pool).close, name="closing", wake=over)
    corrected = loops.woken(Busy(Work.CORRECTIONS), lambda: correcting.correct(pool, observer, filled=filled))
    loops.woken(Busy(Work.MARK), escalating.Marker(pool, observer, moved=accepted).mark)
    loops.woken(Busy(Work.MOVING_ON), lambda: escalating.escalate_failed(pool, filled=filled))
    loops.every(0.2, lambda: waking.wake(pool, loops.asleep), name="waking", wake=filled)
    return accepted, over, corrected


def _care(loops: Loops, pool: Pool, observer: Observer, *, settings: DispatcherSettings) -> None:
    """Nothing stays lost, held or kept for ever."""
    recovery = Recovery(pool, observer)
    loops.every(1.0, DeathWatch(pool, dead_after=settings.session_dead_after).look, name="sessions")
    loops.woken(Busy(Work.DEAD), recovery.recover_dead)
    loops.every(5.0, recovery.recover_orphans, name="orphans")
    loops.every(1.0, lambda: probing.probe(pool), name="probing")
    loops.every(3_600.0, lambda: make_ahead(pool), name="partitions")
    loops.every(3_600.0, lambda: forgetting.forget(pool, settings=settings), name="forgetting")


async def _pool(settings: DispatcherSettings, *, size: int) -> Pool:
    dsn = settings.database_url.get_secret_value()
    return await open_pool(dsn, size=size, application_name="dispatcher")


def main() -> None:
    """Console script."""
    settings = read_settings(DispatcherSettings)
    run("dispatcher", lambda process: serve(process, settings=settings), settings=settings)
