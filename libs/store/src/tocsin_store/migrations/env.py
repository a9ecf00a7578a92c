"""Alembic's entry: one transaction per revision, one migrator at a time."""

import asyncio
from functools import partial

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine


def run(connection: Connection) -> None:
    """Bring the schema to the newest revision under an advisory lock."""
    context.configure(connection=connection, transaction_per_migration=True)
    connection.execute(text("SELECT pg_advisory_lock(hashtext('tocsin.migrate'))"))
    connection.commit()
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Use the address that `tocsin_store.migrate` put into the configuration, which the driver reads as it is."""
    connected = partial(asyncpg.connect, context.config.attributes["database_url"])
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connected, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_run())
