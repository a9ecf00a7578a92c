"""Somebody else in the database: rows are held, an old transaction stays open."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final
from uuid import UUID

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.striking import where_possible
from tocsin_store.pool import Connection

_ROWS: Final = (100, 600)
_HELD_S: Final = (0.2, 1.5)
_OPEN_S: Final = (2.0, 8.0)  # PostgreSQL ends one that has been idle for ten

_RECENT: Final = "SELECT id FROM delivery ORDER BY id DESC LIMIT 5000"
_HOLD: Final = "SELECT id FROM delivery WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_NUMBERED: Final = "SELECT count(*), pg_current_xact_id() FROM (SELECT FROM delivery LIMIT 1) one"
_UNNUMBERED: Final = "SELECT count(*) FROM (SELECT FROM delivery LIMIT 1) one"


def _rows(random: Random, _scale: Scale) -> What:
    return {
        "rows": random.randint(*_ROWS),
        "seconds": round(random.uniform(*_HELD_S), 2),
        "seed": random.randrange(2**32),
    }


def _transaction(random: Random, _scale: Scale) -> What:
    return {"seconds": round(random.uniform(*_OPEN_S), 2), "numbered": random.random() < 0.5}


async def _hold_rows(scene: Scene, what: What) -> None:
    """Lock recent deliveries; a cancelled or broken transaction is rolled back and lets go of them."""
    with where_possible():
        async with scene.town.pool.acquire() as connection, connection.transaction():
            chosen = await _some(connection, int(what["rows"]), seed=int(what["seed"]))
            await connection.execute(_HOLD, chosen)
            await asyncio.sleep(float(what["seconds"]))


async def _some(connection: Connection, count: int, *, seed: int) -> Sequence[UUID]:
    ids = [row["id"] for row in await connection.fetch(_RECENT)]
    return Random(seed).sample(ids, min(count, len(ids)))  # noqa: S311  # a draw, not a secret


async def _hold_snapshot(scene: Scene, what: What) -> None:
    """Keep a transaction open; one with a number holds back readers that read only what is older than all open ones."""
    with where_possible():
        async with (
            scene.town.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            await connection.execute(_NUMBERED if what["numbered"] else _UNNUMBERED)
            await asyncio.sleep(float(what["seconds"]))


KINDS: Final = (
    Kind("rows-held", _rows, _hold_rows, weight=3),
    Kind("old-transaction", _transaction, _hold_snapshot),
)
