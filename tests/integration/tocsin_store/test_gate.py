"""The gate: whoever changes an alert comes before those who use it later, however many there are."""

import asyncio

from tests.support.eventually import eventually
from tests.support.world import Situation, waiting
from tocsin_schemas.words import Reason
from tocsin_store import alerts
from tocsin_store.claim import CLAIM
from tocsin_store.pool import Pool

BLOCKED = """SELECT count(*) FROM pg_locks
             WHERE  locktype = 'advisory' AND NOT granted
               AND  database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


async def blocked(pool: Pool, count: int) -> None:
    """Wait until so many wait at the gate."""

    async def so_many() -> bool:
        return int(await pool.fetchval(BLOCKED)) == count

    await eventually(so_many)


async def cancel(situation: Situation) -> None:
    async with situation.pool.acquire() as conn, conn.transaction():
        alert = await alerts.lock(conn, situation.alert, agency_id=situation.agency)
        assert alert is not None
        await alerts.cancel(conn, alert)


async def test_a_cancel_waits_for_claims_in_flight_and_not_for_later_ones(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    async with pool.acquire() as conn, conn.transaction():
        in_flight = await conn.fetch(
            CLAIM, situation.alert, [situation.ids[0]], situation.session, 1, "email"
        )
        cancelling = asyncio.create_task(cancel(situation))
        await blocked(pool, 1)

        later = asyncio.create_task(situation.claimed(token=2, ids=[situation.ids[1]]))

        await blocked(pool, 2)
    await cancelling
    assert [row["verdict"] for row in in_flight] == ["take"]
    assert [verdict.reason for verdict in (await later).verdicts] == [Reason.ALERT_CLOSED]


async def test_claims_do_not_wait_for_each_other(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    async with pool.acquire() as conn, conn.transaction():
        await conn.fetch(CLAIM, situation.alert, [situation.ids[0]], situation.session, 1, "email")

        beside = await situation.claimed(token=2, ids=[situation.ids[1]])

    assert [delivery.id for delivery in beside.taken] == [situation.ids[1]]


async def test_the_gate_of_one_alert_is_not_anothers(pool: Pool) -> None:
    situation, other = await waiting(pool), await waiting(pool)
    async with pool.acquire() as conn, conn.transaction():
        await alerts.lock(conn, situation.alert, agency_id=situation.agency)

        claims = await other.claimed()

    assert len(claims.taken) == 1
