"""Connections to PostgreSQL."""

import json
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Row: TypeAlias = asyncpg.Record
if TYPE_CHECKING:
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:  # the driver's classes take parameters only in its type stubs
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection | PoolConnectionProxy

LEDGER_LOCK_TIMEOUT: Final = timedelta(milliseconds=500)
"""How long a claim waits for a row before it tries again."""

UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,  # the connection was closed under us
    asyncpg.InternalClientError,  # so does the driver say it where the server cut it between two messages
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,  # shutting down, starting up, cancelled
    asyncpg.exceptions.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.exceptions.TransactionRollbackError,  # deadlock: the other one won
    asyncpg.LockNotAvailableError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,  # we were stopped inside a transaction
    asyncpg.exceptions.ReadOnlySQLTransactionError,  # a standby answered
)
"""What asyncpg raises while the database cannot serve: wait, then do the same again."""

_PATIENCE: Final = {
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    **({"tcp_user_timeout": "10000"} if hasattr(socket, "TCP_USER_TIMEOUT") else {}),
}
"""How long the server holds rows and locks for a process that was stopped, cut off, or does not read its answer.

The last needs `tcp_user_timeout`, which not every system knows; a server that does not says so at each connection.
"""


UNHANDLED_DATA: Final = (
    asyncpg.DataError,  # out of range, a NUL in a text: told by the server, or by the driver as it encodes
    asyncpg.IntegrityConstraintViolationError,
    ValueError,
    OverflowError,
)
"""What a statement raises where a value, not the database, is at fault: the same again fails again. Ask for these
before `UNAVAILABLE`. Their messages show values: log and keep their types alone."""

SCHEMA_MISSING: Final = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.UndefinedObjectError,  # a type
)
"""What a statement raises on a database that was not migrated to our schema."""


async def open_pool(
    dsn: str, *, size: int, application_name: str, lock_timeout: timedelta = timedelta(seconds=5)
) -> Pool:
    """Open a pool that starts with the database down, too: its first use says so.

    Args:
        dsn: `postgresql://user:password@host:port/database`.
        size: Most connections at a time.
        application_name: What `pg_stat_activity` shows.
        lock_timeout: How long a statement waits for a row.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=5,
        command_timeout=10,
        init=_read_json,
        reset=_as_it_is,
        server_settings={
            "application_name": application_name,
            "jit": "off",
            "lock_timeout": f"{int(lock_timeout.total_seconds() * 1000)}ms",
            **_PATIENCE,
            "plan_cache_mode": "force_generic_plan",  # probes by key, whatever the statistics of a fresh ledger say
            "enable_seqscan": "off",  # a plan made while the ledger is small must fit when it holds a million rows
        },
    )


async def _as_it_is(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Statements leave no trace, and the driver's way to clean up would be one more for each. See `singletons.player`."""


async def _read_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
