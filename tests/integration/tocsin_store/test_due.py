"""What is due: taken once, coming back until it is claimed; held with what it waits for."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.receipts import merged, told
from tests.support.world import Situation, emptied, waiting
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind
from tocsin_store import due, pauses
from tocsin_store.due import DueDelivery
from tocsin_store.pool import Pool

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


async def take_due(pool: Pool, *, limit: int = 100) -> list[DueDelivery]:
    going, _ = await due.take(pool, channel=Channel.EMAIL, lane=Lane.URGENT, limit=limit, again_after=MINUTE)
    return going


async def all_due(pool: Pool, count: int) -> Situation:
    situation = await waiting(pool, count)
    for number in range(count):
        await situation.is_due(number)
    return situation


async def test_two_takers_get_each_due_delivery_once(pool: Pool) -> None:
    situation = await all_due(pool, 40)

    taken = await asyncio.gather(*(take_due(pool, limit=15) for _ in range(4)))

    assert sorted(delivery.id for each in taken for delivery in each) == list(situation.ids)


async def test_what_was_taken_comes_again_a_while_later(pool: Pool) -> None:
    situation = await all_due(pool, 1)

    first, second = await take_due(pool), await take_due(pool)

    row = await situation.due()
    assert (len(first), second) == (1, [])
    assert row is not None
    assert row["produce_after"] > datetime.now(UTC) + MINUTE / 2
    assert row["due_at"] <= datetime.now(UTC)


async def test_what_could_not_be_produced_comes_at_once(pool: Pool) -> None:
    situation = await all_due(pool, 2)
    await take_due(pool)

    await due.give_back(pool, situation.ids)

    assert len(await take_due(pool)) == 2


async def test_a_resume_makes_what_was_deferred_due_and_leaves_retries_alone(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed()
    await pauses.hold(pool, channel=Channel.EMAIL, route="*", reason=Reason.CONFIGURATION, lasts=MINUTE)
    await merged(
        pool,
        [
            told(situation, ReceiptKind.DEFERRED, number=0),
            told(situation, ReceiptKind.REFUSED, number=1, due_in=MINUTE),
        ],
    )
    held = await take_due(pool)

    await pauses.resume(pool, channel=Channel.EMAIL, route="*")

    assert held == []
    assert [delivery.id for delivery in await take_due(pool)] == [situation.ids[0]]
    assert not await pauses.is_held(pool, channel=Channel.EMAIL)


async def test_a_pause_is_only_ever_made_longer(pool: Pool) -> None:
    long = await pauses.hold(
        pool, channel=Channel.EMAIL, route="*", reason=Reason.CONFIGURATION, lasts=10 * MINUTE
    )

    short = await pauses.hold(
        pool, channel=Channel.EMAIL, route="*", reason=Reason.CONFIGURATION, lasts=MINUTE
    )

    (found,) = await pauses.in_force(pool, channel=Channel.EMAIL)
    assert short == long == found.until
