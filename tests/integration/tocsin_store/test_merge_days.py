"""A merge of deliveries of several days, which lie in partitions of their own, that has to wait for one of them."""

import asyncio

from tests.support.eventually import eventually
from tests.support.receipts import LOG, fact
from tests.support.world import Situation, waiting
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store.merge import merge
from tocsin_store.pool import Pool


async def of_yesterday(pool: Pool) -> Situation:
    """An alert whose deliveries lie in the partition of the day before."""
    situation = await waiting(pool, 3)
    await pool.execute(
        """UPDATE delivery SET id = hashed_uuid(uuidv7(interval '-1 day'), encode(sha256(id::text::bytea), 'hex'))
           WHERE  alert_id = $1""",
        situation.alert,
    )
    ids = await pool.fetch("SELECT id FROM delivery WHERE alert_id = $1 ORDER BY id", situation.alert)
    return Situation(pool, situation.agency, situation.alert, situation.session, [row["id"] for row in ids])


async def test_a_row_it_waited_for_hides_no_other_days_rows(pool: Pool) -> None:
    yesterday, today = await of_yesterday(pool), await waiting(pool, 3)
    await yesterday.claimed()
    await today.claimed()
    receipts = [
        fact(delivery, ReceiptKind.ACCEPTED, alert=situation.alert)
        for situation in (yesterday, today)
        for delivery in situation.ids
    ]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE delivery SET updated_at = now() WHERE id = $1", yesterday.ids[0])
        merging = asyncio.create_task(merge(pool, LOG, receipts=receipts, advances=[]))
        await eventually(lambda: _a_waiter(pool))

    await merging

    rows = await pool.fetch(
        "SELECT state::text FROM delivery WHERE alert_id = ANY($1)", [yesterday.alert, today.alert]
    )
    assert [row["state"] for row in rows] == [State.SENT] * 6


async def _a_waiter(pool: Pool) -> bool:
    return bool(
        await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )
