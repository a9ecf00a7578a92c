"""Databases for tests: one is migrated, the others are copied from it."""

import asyncio
from urllib.parse import urlsplit

import asyncpg

from tocsin_store.migrate import migrate

TEMPLATE = "tocsin_template"


def at(url: str, *, database: str) -> str:
    """The address of another database of the same server."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def migrated_template(url: str) -> str:
    """Create the template; returns its address."""
    template = at(url, database=TEMPLATE)
    asyncio.run(_execute(url, f"CREATE DATABASE {TEMPLATE}"))
    migrate(template)
    return template


async def created_database(template_url: str, *, name: str) -> str:
    """Copy the template; returns the copy's address."""
    await _execute(at(template_url, database="postgres"), f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return at(template_url, database=name)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
