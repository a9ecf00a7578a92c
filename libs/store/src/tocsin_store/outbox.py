"""The outbox: what must reach Kafka, written in the transaction that makes it true. alert-api relays it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import RECEIPTS
from tocsin_store.pool import Connection, Pool
from tocsin_store.singletons import take_role

_RELAY_LOCK: Final = "tocsin.outbox.relay"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One record to produce, or an array of receipts to expand into one record each."""

    id: int
    topic: str
    key: UUID
    event_type: str
    value: bytes | None
    receipts: Sequence[Mapping[str, object]] | None
    created_at: datetime


async def append(conn: Connection, *, topic: str, key: UUID, event_type: str, value: bytes) -> int:
    """Write one record in the caller's transaction and return its row's id."""
    row_id: int = await conn.fetchval(
        """
        INSERT INTO outbox (topic, key, event_type, value)
        VALUES             ($1,    $2,  $3,         $4)
        RETURNING id
        """,
        topic,
        key,
        event_type,
        value,
    )
    return row_id


async def take_relay_lock(conn: Connection) -> bool:
    """Become the one relay, until this connection closes or is silent; False while another is."""
    return await take_role(conn, _RELAY_LOCK)


async def next_batch(conn: Connection, *, limit: int, but: Sequence[int] = ()) -> list[OutboxRow]:
    """The oldest rows by id but for some, single records before arrays of receipts: a bell does not wait for those."""
    rows = await conn.fetch(
        """
        SELECT id, topic, key, event_type, value, receipts, created_at
        FROM   outbox
        WHERE  id <> ALL($2::bigint[])
        ORDER  BY receipts IS NOT NULL, id
        LIMIT  $1
        """,
        limit,
        list(but),
    )
    return [OutboxRow(**row) for row in rows]


async def delete(conn: Connection, ids: Sequence[int]) -> None:
    """Remove rows that Kafka has acknowledged."""
    await conn.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", list(ids))


async def oldest_age(conn: Connection) -> timedelta:
    """How long the oldest row has waited; zero where none does."""
    age: timedelta = await conn.fetchval(
        "SELECT coalesce(clock_timestamp() - min(created_at), interval '0') FROM outbox"
    )
    return age


async def keep_receipts(database: Pool | Connection, receipts: Sequence[Receipt]) -> None:
    """Keep receipts on their way to Kafka: one row, keyed by the first one's alert; the relay expands it."""
    await database.execute(
        "INSERT INTO outbox (topic, key, event_type, receipts) VALUES ($1, $2, 'io.tocsin.receipt.v1', $3)",
        RECEIPTS.name,
        receipts[0].alert_id,
        [receipt.model_dump(mode="json") for receipt in receipts],
    )


async def holds_receipts_before(pool: Pool, moment: datetime | None) -> bool:
    """Whether receipts written before a moment (of the database's clock; None: now) are still on their way to Kafka."""
    return bool(
        await pool.fetchval(
            "SELECT EXISTS (SELECT FROM outbox WHERE topic = $1 AND created_at <= coalesce($2, clock_timestamp()))",
            RECEIPTS.name,
            moment,
        )
    )
