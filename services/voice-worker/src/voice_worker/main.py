"""Composition root of the voice worker."""

import asyncio
from functools import partial

from tocsin_runtime.delivery.decide import VOICE
from tocsin_runtime.delivery.pace import Pace
from tocsin_runtime.delivery.worker import work
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.process import Process, run
from tocsin_runtime.settings import read_settings
from tocsin_schemas.words import Channel
from tocsin_store import line_looks, lines, provider_health
from tocsin_store.pool import LEDGER_LOCK_TIMEOUT, open_pool
from voice_worker.background import run_background
from voice_worker.callers import callers_of
from voice_worker.settings import VoiceWorkerSettings
from voice_worker.voice_channel import VoiceChannel


async def serve(process: Process, *, settings: VoiceWorkerSettings) -> None:
    """Make calls until the process stops."""
    dsn, size = settings.database_url.get_secret_value(), settings.database_connections
    pool = await open_pool(dsn, size=size, application_name="voice-worker", lock_timeout=LEDGER_LOCK_TIMEOUT)
    callers = callers_of(settings, known=partial(provider_health.known, pool))
    seize = partial(lines.seize, pool, lasts=settings.line_asked_after, most=settings.voice_calls_at_once)
    channel = VoiceChannel(settings, callers=callers, seize=seize)
    outlet = Outlet(settings.kafka_bootstrap_servers, client_id="voice-worker")
    async with pool, outlet, asyncio.TaskGroup() as group:
        requests = group.create_task(channel.run())
        besides = group.create_task(
            run_background(process, channel=channel, settings=settings, pool=pool, outlet=outlet)
        )
        await work(
            process,
            channel=Channel.VOICE,
            sender=channel,
            policy=VOICE,
            lanes=settings.lanes,
            pool=pool,
            outlet=outlet,
            kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
            finder=channel,
            pace=Pace(segments=lambda _: 1) if settings.voice_paced else None,
            look=partial(line_looks.look, pool),
        )
        await besides  # it needs the connections, too
        requests.cancel()


def main() -> None:
    """Console script."""
    settings = read_settings(VoiceWorkerSettings)
    run("voice-worker", lambda process: serve(process, settings=settings), settings=settings)
