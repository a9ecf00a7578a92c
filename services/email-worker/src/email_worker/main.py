"""Composition root of the email worker."""

import asyncio

from email_worker.email_channel import EmailChannel
from email_worker.settings import EmailSettings
from tocsin_runtime.delivery.decide import EMAIL
from tocsin_runtime.delivery.worker import work
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.process import Process, run
from tocsin_runtime.settings import read_settings
from tocsin_schemas.words import Channel
from tocsin_store.pool import LEDGER_LOCK_TIMEOUT, open_pool


async def serve(process: Process, *, settings: EmailSettings) -> None:
    """Deliver email until the process stops."""
    channel = EmailChannel(settings)
    dsn = settings.database_url.get_secret_value()
    pool = await open_pool(
        dsn,
        size=settings.database_connections,
        application_name="email-worker",
        lock_timeout=LEDGER_LOCK_TIMEOUT,
    )
    outlet = Outlet(settings.kafka_bootstrap_servers, client_id="email-worker")
    async with pool, outlet, asyncio.TaskGroup() as group:
        connections = group.create_task(channel.run())
        await work(
            process,
            channel=Channel.EMAIL,
            sender=channel,
            policy=EMAIL,
            lanes=settings.lanes,
            pool=pool,
            outlet=outlet,
            kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
        )
        connections.cancel()


def main() -> None:
    """Console script."""
    settings = read_settings(EmailSettings)
    run("email-worker", lambda process: serve(process, settings=settings), settings=settings)
