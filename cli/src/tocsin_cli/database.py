"""A transaction for a command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tocsin_cli.errors import CommandError
from tocsin_cli.settings import DatabaseSettings
from tocsin_runtime.settings import read_settings
from tocsin_store.pool import UNAVAILABLE, Connection, open_pool

T = TypeVar("T")


def in_transaction(work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do work in one transaction: all of it, or nothing. Blocking.

    Raises:
        CommandError: The database does not answer.
    """
    return asyncio.run(
        _in_transaction(work, dsn=read_settings(DatabaseSettings).database_url.get_secret_value())
    )


async def _in_transaction(work: Callable[[Connection], Awaitable[T]], *, dsn: str) -> T:
    try:
        async with (
            await open_pool(dsn, size=1, application_name="tocsin") as pool,
            pool.acquire() as conn,
            conn.transaction(),
        ):
            return await work(conn)
    except UNAVAILABLE as error:
        raise CommandError(f"The database does not answer ({type(error).__name__}).") from error
