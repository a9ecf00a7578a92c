"""The database for a command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tocsin_cli.errors import CommandError, NotMigratedError
from tocsin_cli.settings import DatabaseSettings
from tocsin_runtime.settings import read_settings
from tocsin_store.pool import SCHEMA_MISSING, UNAVAILABLE, Connection, Pool, open_pool

T = TypeVar("T")


def in_transaction(work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do work in one transaction: all of it, or nothing. Blocking.

    Raises:
        CommandError: The database does not answer, or is not migrated.
    """

    async def transaction(pool: Pool) -> T:
        async with pool.acquire() as conn, conn.transaction():
            return await work(conn)

    return with_pool(transaction)


def with_pool(work: Callable[[Pool], Awaitable[T]]) -> T:
    """Do work of several transactions. Blocking.

    Raises:
        CommandError: The database does not answer, or is not migrated.
    """
    return asyncio.run(on_database(work, dsn=read_settings(DatabaseSettings).database_url.get_secret_value()))


async def on_database(work: Callable[[Pool], Awaitable[T]], *, dsn: str) -> T:
    """Do work with one connection.

    Raises:
        NotMigratedError: Its schema is missing or old.
        CommandError: The database does not answer.
    """
    try:
        async with await open_pool(dsn, size=1, application_name="tocsin") as pool:
            return await work(pool)
    except SCHEMA_MISSING as error:
        raise NotMigratedError("The database has no schema, or an old one: run `tocsin migrate`.") from error
    except UNAVAILABLE as error:
        raise CommandError(f"The database does not answer ({type(error).__name__}).") from error
