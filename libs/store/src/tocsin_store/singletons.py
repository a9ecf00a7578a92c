"""Roles that one process at a time plays, of all replicas: whoever's connection holds the role's advisory lock."""

from typing import Final

from tocsin_store.pool import Connection

_SILENCE: Final = "10s"
"""A process that was stopped keeps its connection, and with it the lock: the server ends both after this silence."""


async def take_role(connection: Connection, role: str) -> bool:
    """Play a role until the connection goes back to its pool, closes, or is idle for ten seconds; False while another does.

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
