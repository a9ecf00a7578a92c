"""Composition root of the receipts worker."""

import asyncio

from receipts_worker.merging import GROUP, Merger
from receipts_worker.publishing import Publisher
from receipts_worker.settings import ReceiptsSettings
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.dead_letters import DeadLetters
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process, run
from tocsin_runtime.settings import read_settings
from tocsin_store.pool import open_pool


async def serve(process: Process, *, settings: ReceiptsSettings) -> None:
    """Merge and publish until the process stops."""
    kafka = settings.kafka_bootstrap_servers
    dsn = settings.database_url.get_secret_value()
    pool = await open_pool(dsn, size=settings.database_connections, application_name=GROUP)
    outlet, observer = Outlet(kafka, client_id=GROUP), Observer(kafka)
    publisher = Publisher(pool, outlet, observer)
    merger = Merger(
        pool,
        bootstrap_servers=kafka,
        dead_letters=DeadLetters(
            outlet, group=GROUP, process=process, most_a_minute=settings.dead_letters_a_minute
        ),
        limit=settings.merge_limit,
    )
    async with pool, outlet, observer, asyncio.TaskGroup() as group:
        group.create_task(repeat(publisher.publish, process=process, name="publish", every=1.0))
        await merger.run(process)


def main() -> None:
    """Console script."""
    settings = read_settings(ReceiptsSettings)
    run(GROUP, lambda process: serve(process, settings=settings), settings=settings)
