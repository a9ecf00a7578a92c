"""Reports that came before it was known what the provider had taken find their deliveries later."""

import asyncio
from typing import Final

import structlog

from alert_api.callback_receipts import Reader, keep_reports
from tocsin_store import callbacks
from tocsin_store.pool import UNAVAILABLE, Connection, Pool
from tocsin_store.singletons import player, take_role

log = structlog.get_logger()

_ROLE: Final = "tocsin.callbacks.join"
_EVERY_S: Final = 1.0
_PAGE: Final = 1_000


async def join_reports(pool: Pool, *, read: Reader) -> None:
    """Look for them each second, for ever, in one of all replicas; through outages of the database."""
    while True:
        try:
            async with player(pool) as conn:
                await _serve(conn, read=read)
        except UNAVAILABLE as error:
            log.warning("joining_lost_database", error=type(error).__name__)
        await asyncio.sleep(_EVERY_S)


async def _serve(conn: Connection, *, read: Reader) -> None:
    while not await take_role(conn, _ROLE):
        await asyncio.sleep(_EVERY_S)
    after = callbacks.FIRST
    while True:
        async with conn.transaction():
            found, after = await callbacks.join(conn, after=after, limit=_PAGE)
            await keep_reports(conn, found, read=read)
        if after == callbacks.FIRST:
            await asyncio.sleep(_EVERY_S)
