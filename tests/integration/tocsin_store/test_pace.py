"""Slots: never more than the limit in a second, urgent ones first, and one row for all workers of a sender."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schemas.words import Lane
from tocsin_store.pace import CYCLE, LEAD, TOLERANCE, Reservation, effective_rate, reserve, slots_of
from tocsin_store.pool import Pool


async def asked(
    pool: Pool, sender: str, *, limit: int = 10, wanted: int = 10, each: int = 1, lane: Lane = Lane.URGENT
) -> Reservation:
    return await reserve(pool, sender, segments_per_s=limit, wanted=wanted, each=each, lane=lane)


async def slot_of(pool: Pool, sender: str) -> datetime:
    at = await pool.fetchval("SELECT slot_at FROM pace WHERE sender = $1", sender)
    assert isinstance(at, datetime)
    return at


@given(limit=st.integers(1, 5_000))
def test_a_cycle_has_no_more_than_the_limit_and_is_longer_than_a_second(limit: int) -> None:
    slots = slots_of(limit)

    count = round(CYCLE / slots.step)
    assert slots.size >= 1
    assert limit - count < count * slots.size <= limit
    assert count * slots.step - TOLERANCE > timedelta(seconds=1)


@pytest.mark.parametrize(
    ("limit", "each", "rate"), [(10, 1, 8.7), (10, 3, 7.8), (100, 1, 87.0), (5, 7, 3.0), (1, 1, 0.9)]
)
def test_estimates_go_by_what_really_goes(limit: int, each: int, rate: float) -> None:
    assert effective_rate(limit, each=each) == pytest.approx(rate, abs=0.05)


async def test_a_slot_is_soon_and_what_is_left_of_it_goes_to_whoever_asks_next(pool: Pool) -> None:
    sender = uuid4().hex

    first = await asked(pool, sender, wanted=4)
    await pool.execute("UPDATE pace SET slot_at = slot_at + interval '0.5 s' WHERE sender = $1", sender)
    second = await asked(pool, sender, wanted=10)

    assert (first.segments, second.segments) == (4, 6)
    assert 0 < first.at - first.now <= LEAD.total_seconds()


async def test_a_message_that_does_not_fit_takes_the_next_slot(pool: Pool) -> None:
    sender = uuid4().hex
    await asked(pool, sender, wanted=8)
    before = await slot_of(pool, sender)

    given_ = await asked(pool, sender, wanted=10, each=3)

    assert given_.segments == 10
    assert await slot_of(pool, sender) - before == CYCLE


async def test_one_slot_is_taken_ahead_and_no_more(pool: Pool) -> None:
    sender = uuid4().hex
    for _ in range(2):
        assert (await asked(pool, sender)).segments == 10

    third = await asked(pool, sender)

    assert third.segments == 0
    assert 0.3 < third.at - third.now <= CYCLE.total_seconds()


async def test_a_message_larger_than_a_slot_takes_as_many_as_it_needs(pool: Pool) -> None:
    sender = uuid4().hex
    assert (await asked(pool, sender, limit=5, wanted=7, each=7)).segments == 7
    before = await slot_of(pool, sender)
    await pool.execute("UPDATE pace SET slot_at = slot_at - interval '1.15 s' WHERE sender = $1", sender)

    await asked(pool, sender, limit=5)

    assert await slot_of(pool, sender) - before == CYCLE


async def test_who_is_not_punctual_has_a_slot_that_may_begin_early_and_comes_later(pool: Pool) -> None:
    sender, slack = uuid4().hex, timedelta(seconds=0.3)
    await asked(pool, sender)
    before = await slot_of(pool, sender)

    await reserve(pool, sender, segments_per_s=10, wanted=10, each=1, lane=Lane.URGENT, slack=slack)

    assert await slot_of(pool, sender) - before == CYCLE + slack


async def test_a_slot_with_slack_is_a_whole_cycle_with_nothing_else_in_it(pool: Pool) -> None:
    sender, slack = uuid4().hex, timedelta(seconds=0.3)
    before = await asked(pool, sender, limit=200, wanted=200)
    whole = await reserve(pool, sender, segments_per_s=200, wanted=500, each=1, lane=Lane.URGENT, slack=slack)
    await pool.execute(
        "UPDATE pace SET slot_at = slot_at - $2::interval WHERE sender = $1", sender, 2 * CYCLE
    )
    after = await asked(pool, sender, limit=200)

    cycle = CYCLE.total_seconds()
    assert (before.segments, whole.segments) == (20, 200)
    assert whole.at - slack.total_seconds() - before.at == pytest.approx(cycle, abs=0.001)
    assert after.at - (whole.at - 2 * cycle) >= cycle - 0.001


async def test_routine_messages_wait_while_urgent_ones_ask(pool: Pool) -> None:
    sender = uuid4().hex
    await asked(pool, sender, wanted=1)

    waits = await asked(pool, sender, lane=Lane.ROUTINE)
    await pool.execute("UPDATE pace SET urgent_at = urgent_at - interval '3 s'")
    goes = await asked(pool, sender, lane=Lane.ROUTINE)

    assert (waits.segments, goes.segments > 0) == (0, True)
    assert 0 < waits.at - waits.now <= 2.5 * CYCLE.total_seconds()


async def test_a_clock_that_was_set_back_silences_nobody(pool: Pool) -> None:
    sender = uuid4().hex
    await asked(pool, sender)
    await pool.execute("UPDATE pace SET slot_at = slot_at + interval '1 hour' WHERE sender = $1", sender)

    assert (await asked(pool, sender)).segments == 10


async def test_slots_keep_their_distance_and_their_size_whoever_asks(pool: Pool) -> None:
    sender, slots = uuid4().hex, slots_of(200)
    taken: dict[datetime, int] = {}

    async def worker() -> None:
        while len(taken) < 12:
            async with pool.acquire() as connection, connection.transaction():
                got = await reserve(
                    connection, sender, segments_per_s=200, wanted=13, each=1, lane=Lane.ROUTINE
                )
                at = await connection.fetchval("SELECT slot_at FROM pace WHERE sender = $1", sender)
            taken[at] = taken.get(at, 0) + got.segments
            await asyncio.sleep(0 if got.segments else max(0.01, got.at - got.now))

    await asyncio.gather(worker(), worker(), worker())

    assert max(taken.values()) == slots.size
    assert all(later - earlier >= slots.step for earlier, later in pairwise(sorted(taken)))
