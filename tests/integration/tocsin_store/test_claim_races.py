"""Claims that meet: each row once, and nobody deadlocks."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from tests.support.eventually import eventually
from tests.support.world import others_of, waiting
from tocsin_store.pool import Pool, open_pool
from tocsin_store.sessions import live_heartbeats, mark_dead


async def test_two_claims_of_the_same_ids_in_opposite_order_take_each_row_once(pool: Pool) -> None:
    for _ in range(10):
        one = await waiting(pool, 100)
        two = await others_of(one)

        first, second = await asyncio.gather(
            one.claimed(token=1), two.claimed(token=2, ids=list(reversed(two.ids)))
        )

        taken = [delivery.id for delivery in (*first.taken, *second.taken)]
        assert sorted(taken) == list(one.ids)
        assert (first.again, first.verdicts, second.again, second.verdicts) == ([], [], [], [])


async def test_a_claim_waits_for_a_row_no_longer_than_its_pool_allows(pool: Pool, database_url: str) -> None:
    situation = await waiting(pool, 2)
    async with (
        await open_pool(
            database_url, size=1, application_name="hasty", lock_timeout=timedelta(milliseconds=50)
        ) as hasty,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        await connection.execute("SELECT FROM delivery WHERE id = $1 FOR UPDATE", situation.ids[0])

        with pytest.raises(asyncpg.LockNotAvailableError):
            await type(situation)(
                hasty, situation.agency, situation.alert, situation.session, situation.ids
            ).claimed()

    assert (await situation.row(1))["work"] == "waiting"


async def test_a_cancel_that_was_first_is_seen_by_a_claim_that_waited_for_it(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE alert SET open = false WHERE id = $1", situation.alert)
        claiming = asyncio.create_task(situation.claimed())
        await eventually(lambda: _waiters(pool))

    claims = await claiming

    assert claims.taken == []
    assert len(claims.verdicts) == 2


async def test_marking_a_session_dead_waits_for_its_claim_in_flight(pool: Pool) -> None:
    situation = await waiting(pool)
    beat = (await live_heartbeats(pool))[situation.session]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM delivery WHERE id = $1 FOR UPDATE", situation.ids[0])
        claiming = asyncio.create_task(situation.claimed())
        await eventually(lambda: _waiters(pool))
        dying = asyncio.create_task(mark_dead(pool, situation.session, unless_after=beat))
        await eventually(lambda: _waiters(pool, count=2))

    assert len((await claiming).taken) == 1
    assert await dying


async def _waiters(pool: Pool, *, count: int = 1) -> bool:
    found: int = await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return found >= count
