"""Probes: a hold whose time has come lets a few through, more with each success, until it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.holds import DOMAIN, HOUR, going, held, parked, passed, probed, routes, told_of
from tests.support.receipts import merged, told
from tests.support.world import Post, Situation, emptied, waiting
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind
from tocsin_store import pauses
from tocsin_store.pauses import alert_route
from tocsin_store.pool import Pool


@pytest.fixture(autouse=True)
async def _nothing_else_is_held(pool: Pool) -> None:
    await emptied(pool)


async def test_a_hold_lets_nobody_through_before_its_time(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await held(pool)
    await parked(situation)

    await pauses.probe(pool)

    assert await going(pool) == []


async def test_one_goes_at_first_and_the_hold_lasts_on(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await held(pool)
    await parked(situation)

    [probe] = await probed(pool)

    claims = await situation.claimed(token=2)
    assert [(taken.id, taken.probes) for taken in claims.taken] == [(probe, DOMAIN)]
    assert claims.verdicts == []
    [hold] = await pauses.in_force(pool)
    assert hold.until > datetime.now(UTC) + timedelta(seconds=20)


async def test_each_success_lets_twice_as_many_through_until_the_hold_is_over(pool: Pool) -> None:
    situation = await waiting(pool, 600)
    await held(pool)
    for start in range(0, 600, 200):
        await merged(
            pool,
            told_of(situation, await situation.claimed(ids=situation.ids[start : start + 200], token=start)),
        )

    went: list[int] = []
    over = False
    while not over:
        gone = await probed(pool)
        for start in range(0, len(gone), 200):
            await situation.claimed(ids=gone[start : start + 200], token=10_000 + len(went) + start)
        went.append(len(gone))
        over = await passed(pool)

    assert went == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert await routes(pool) == []
    assert len(await going(pool)) == 600 - sum(went)


async def test_a_new_hold_lets_one_through_again(pool: Pool) -> None:
    situation = await waiting(pool, 20)
    await held(pool)
    await parked(situation)
    await probed(pool)
    await passed(pool)
    await passed(pool)
    await held(pool, lasts=HOUR)

    assert len(await probed(pool)) == 1


@pytest.mark.parametrize(
    ("lane", "waits"), [(Lane.ROUTINE, [1, 2, 4, 8, 16, 20, 20]), (Lane.URGENT, [1, 1, 1, 1, 1, 1, 1])]
)
async def test_without_success_it_waits_twice_as_long_each_time_unless_somebody_is_in_a_hurry(
    pool: Pool, *, lane: Lane, waits: list[int]
) -> None:
    await parked(await waiting_for_hold(pool, lane))

    waited = []
    for _ in waits:
        await probed(pool)
        [hold] = await pauses.in_force(pool)
        waited.append(round(hold.left.total_seconds() / 30))

    assert waited == waits


async def test_urgent_ones_are_tried_first(pool: Pool) -> None:
    await parked(await waiting_for_hold(pool, Lane.ROUTINE))
    urgent = await waiting_for_hold(pool, Lane.URGENT)
    await parked(urgent)

    [tried] = await probed(pool)

    assert tried in urgent.ids


async def waiting_for_hold(pool: Pool, lane: Lane) -> Situation:
    """Deliveries of a lane, to a domain on hold."""
    situation = await waiting(pool, 20, post=Post(lane=lane))
    await held(pool)
    return situation


async def test_a_hold_nobody_waits_for_ends(pool: Pool) -> None:
    await held(pool, lasts=timedelta())

    ended = await pauses.probe(pool)

    assert ended == {(Channel.EMAIL, DOMAIN): False}
    assert await routes(pool) == []


async def test_a_hold_whose_waiters_are_all_in_others_hands_stays(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    await parked(situation)
    await pool.execute("UPDATE pause SET until = now()")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM due FOR UPDATE")

        ended = await pauses.probe(pool)

    assert (ended, await routes(pool)) == ({}, [DOMAIN])


async def test_a_probe_passes_the_hold_it_tries_and_no_other(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    await parked(situation)
    await held(pool, alert_route(situation.alert), reason=Reason.MESSAGE_DEFECT)
    await probed(pool)

    claims = await situation.claimed(token=2)

    assert claims.taken == []
    assert [verdict.reason for verdict in claims.verdicts] == [Reason.MESSAGE_DEFECT]


async def test_a_probe_that_met_the_same_trouble_waits_again(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    await parked(situation)
    await probed(pool)
    await situation.claimed(token=2)
    until = await held(pool)

    await merged(pool, [told(situation, ReceiptKind.DEFERRED, reason=Reason.DOMAIN_SLOW)])

    due = await situation.due()
    assert due is not None
    assert (due["route"], due["due_at"], due["probe"]) == (DOMAIN, until, False)
    assert await probed(pool) == list(situation.ids)


async def test_a_probe_whose_record_was_lost_is_produced_again(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    await parked(situation)
    await probed(pool)
    await pool.execute("UPDATE due SET produce_after = now()")

    assert await going(pool) == list(situation.ids)


async def test_a_success_on_a_hold_that_has_ended_is_harmless(pool: Pool) -> None:
    assert not await passed(pool)
