"""Composition root of the mail door."""

import asyncio
from typing import Final

from mail_door.desk import Desk
from mail_door.door import Door
from mail_door.settings import MailSettings
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process, run
from tocsin_runtime.settings import read_settings
from tocsin_store.bounces import ledger_answers
from tocsin_store.pool import Pool, open_pool

NAME: Final = "mail-door"


async def serve(process: Process, *, settings: MailSettings) -> None:
    """Take mail until the process stops."""
    dsn = settings.database_url.get_secret_value()
    pool = await open_pool(dsn, size=settings.database_connections, application_name=NAME)
    desk = Desk(settings, pool=pool, health=process.health)
    async with pool, asyncio.TaskGroup() as group, Door(settings, desk=desk):
        group.create_task(repeat(lambda: _nothing_more(pool), process=process, name="database", every=1.0))
        await process.stopping.wait()


async def _nothing_more(pool: Pool) -> bool:
    return not await ledger_answers(pool)


def main() -> None:
    """Console script."""
    settings = read_settings(MailSettings)
    run(NAME, lambda process: serve(process, settings=settings), settings=settings)
