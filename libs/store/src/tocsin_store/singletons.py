"""Roles that one process at a time plays, of all replicas: whoever's connection holds the role's advisory lock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tocsin_store.pool import Connection, Pool

_SILENCE: Final = "10s"
"""A process that was stopped keeps its connection, and with it the lock: the server ends both after this silence."""


@asynccontextmanager
async def player(pool: Pool) -> AsyncIterator[Connection]:
    """A connection to take roles with; they end when it goes back."""
    async with pool.acquire() as connection:
        try:
            yield connection
        finally:
            if not connection.is_closed():
                await connection.reset()


async def take_role(connection: Connection, role: str) -> bool:
    """Play a role until the player goes back to its pool, closes, or is idle for ten seconds; False while another does.

    Whoever holds a role speaks to the database more often than that. One that was silent for longer finds its connection
    closed (`UNAVAILABLE`) at its next statement: until then it may do once more what its successor does, too.
    """
    row = await connection.fetchrow(
        """SELECT set_config('idle_session_timeout', $2, false),
                  pg_try_advisory_lock(hashtextextended($1, 0)) AS taken""",
        role,
        _SILENCE,
    )
    return row is not None and bool(row["taken"])
