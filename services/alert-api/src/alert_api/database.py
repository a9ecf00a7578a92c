"""The door to the ledger: one error where it cannot be reached."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from tocsin_store.pool import UNAVAILABLE, Connection, Pool


class DatabaseDownError(Exception):
    """The ledger does not answer, or no connection got free in time. A commit may or may not have happened."""


class Database:
    """A pool whose failures are all `DatabaseDownError`."""

    def __init__(self, pool: Pool, *, wait: timedelta) -> None:
        self._pool = pool
        self._wait_s = wait.total_seconds()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection.

        Raises:
            DatabaseDownError: Also for failures of the statements inside.
        """
        try:
            async with self._pool.acquire(timeout=self._wait_s) as conn:
                yield conn
        except UNAVAILABLE as error:
            raise DatabaseDownError(type(error).__name__) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction that commits at the end, or rolls back on an exception."""
        async with self.connection() as conn, conn.transaction():
            yield conn

    async def answers(self) -> bool:
        """Whether it serves now."""
        try:
            async with self.connection() as conn:
                await conn.execute("SELECT 1", timeout=self._wait_s)
        except DatabaseDownError:
            return False
        return True
