"""Composition root of the SMS worker."""

import asyncio
from functools import partial

from sms_worker.background import run_background
from sms_worker.providers import providers_of
from sms_worker.settings import SmsWorkerSettings
from sms_worker.sms_channel import SmsChannel
from tocsin_runtime.delivery.decide import SMS
from tocsin_runtime.delivery.pace import Pace
from tocsin_runtime.delivery.worker import work
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.process import Process, run
from tocsin_runtime.settings import read_settings
from tocsin_schemas.words import Channel
from tocsin_store import provider_health
from tocsin_store.pool import LEDGER_LOCK_TIMEOUT, open_pool


async def serve(process: Process, *, settings: SmsWorkerSettings) -> None:
    """Deliver texts until the process stops."""
    dsn, size = settings.database_url.get_secret_value(), settings.database_connections
    pool = await open_pool(dsn, size=size, application_name="sms-worker", lock_timeout=LEDGER_LOCK_TIMEOUT)
    providers = providers_of(settings, known=partial(provider_health.known, pool))
    channel = SmsChannel(settings, providers=providers)
    outlet = Outlet(settings.kafka_bootstrap_servers, client_id="sms-worker")
    run_besides = partial(run_background, channel=channel, providers=providers, settings=settings)
    async with pool, outlet, asyncio.TaskGroup() as group:
        requests = group.create_task(channel.run())
        besides = group.create_task(run_besides(process, pool=pool, outlet=outlet))
        await work(
            process,
            channel=Channel.SMS,
            sender=channel,
            policy=SMS,
            lanes=settings.lanes,
            pool=pool,
            outlet=outlet,
            kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
            finder=channel,
            pace=Pace(segments=channel.segments) if settings.sms_paced else None,
        )
        await besides  # it needs the connections, too
        requests.cancel()


def main() -> None:
    """Console script."""
    settings = read_settings(SmsWorkerSettings)
    run("sms-worker", lambda process: serve(process, settings=settings), settings=settings)
