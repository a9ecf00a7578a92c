"""Roles and rows of a process that was stopped: the server takes both back, and the process notices."""

import pytest

from tests.support.eventually import eventually
from tests.support.world import emptied, posted, waiting
from tocsin_store import outbox
from tocsin_store.fan_out import insert_chunk
from tocsin_store.pool import UNAVAILABLE, Pool, open_pool
from tocsin_store.singletons import player, take_role

ROLE = "tocsin.test"


async def test_a_role_has_one_player_at_a_time(pool: Pool) -> None:
    async with player(pool) as first, player(pool) as second:
        took = [await take_role(first, ROLE), await take_role(second, ROLE)]
    async with player(pool) as third:
        after = await take_role(third, ROLE)

    assert (took, after) == ([True, False], True)


async def test_a_player_that_falls_silent_loses_its_role_and_finds_out(pool: Pool, database_url: str) -> None:
    async with await open_pool(database_url, size=1, application_name="silent") as other:
        with pytest.raises(UNAVAILABLE):
            await _silent_until_replaced(other, pool)
        async with player(other) as anew:
            assert await take_role(anew, ROLE)


async def _silent_until_replaced(pool: Pool, others: Pool) -> None:
    async with player(pool) as silent:
        assert await take_role(silent, ROLE)

        async def taken_over() -> bool:
            async with player(others) as connection:
                return await take_role(connection, ROLE)

        await eventually(taken_over)
        await silent.fetchval("SELECT 1")


async def test_a_connection_that_played_a_role_is_patient_again(pool: Pool) -> None:
    async with player(pool) as connection:
        await take_role(connection, ROLE)
    for _ in range(5):
        async with pool.acquire() as connection:
            assert await connection.fetchval("SHOW idle_session_timeout") == "0"


async def test_rows_held_in_a_transaction_that_stands_still_are_free_again(
    pool: Pool, database_url: str
) -> None:
    await emptied(pool)
    await posted(pool, (await waiting(pool)).agency)
    async with await open_pool(database_url, size=1, application_name="stopped") as other:
        with pytest.raises(UNAVAILABLE):
            await _held_until_inserted(other, pool)


async def _held_until_inserted(pool: Pool, others: Pool) -> None:
    async with pool.acquire() as stopped, stopped.transaction():
        await stopped.fetch("SELECT FROM fan_out WHERE done_at IS NULL FOR UPDATE")
        assert await insert_chunk(others) is None

        async def inserted() -> bool:
            return await insert_chunk(others) is not None

        await eventually(inserted)
        await stopped.fetchval("SELECT 1")


async def test_receipts_in_the_outbox_are_told_by_the_clock_of_the_database(pool: Pool) -> None:
    await emptied(pool)
    situation = await waiting(pool)
    before = await outbox.holds_receipts_before(pool, None)
    async with pool.acquire() as connection:
        await outbox.append(
            connection, topic="receipts", key=situation.alert, event_type="io.tocsin.receipt.v1", value=b"{}"
        )

    assert (before, await outbox.holds_receipts_before(pool, None)) == (False, True)
