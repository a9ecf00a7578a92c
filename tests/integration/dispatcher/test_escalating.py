"""The mark moves past receipts once they are merged, and while a step of a plan depends on it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from dispatcher.escalating import Marker
from tests.integration.dispatcher.test_recovery import all_merged
from tests.support.climbing import Climb, climbing
from tests.support.topics import written
from tests.support.world import emptied, fanned_out
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.records import receipt_record
from tocsin_schemas.topics import RECEIPTS
from tocsin_schemas.words import ReceiptKind
from tocsin_store.outbox import keep_receipts
from tocsin_store.pool import Pool

LONG_AGO = timedelta(days=1)


@pytest.fixture
async def observer(kafka_bootstrap: str) -> AsyncIterator[Observer]:
    async with Observer(kafka_bootstrap) as observer:
        yield observer


@pytest.fixture
async def climb(pool: Pool, observer: Observer) -> Climb:
    """A step that is due; every receipt so far is merged."""
    await emptied(pool)
    climb = await climbing(pool)
    await fanned_out(pool)
    await climb.is_time()
    await pool.execute("UPDATE receipts_mark SET passed_at = now() - $1::interval", LONG_AGO)
    await all_merged(pool, observer)
    return climb


async def marked_at(pool: Pool) -> datetime:
    at: datetime = await pool.fetchval("SELECT passed_at FROM receipts_mark")
    return at


@pytest.fixture
def bell() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def marker(pool: Pool, observer: Observer, bell: asyncio.Event) -> Marker:
    return Marker(pool, observer, moved=bell)


async def moves(marker: Marker, pool: Pool) -> bool:
    """Whether a look moves the mark."""
    before = await marked_at(pool)
    await marker.mark()
    return await marked_at(pool) > before


async def test_it_moves_at_once_where_everything_is_merged(pool: Pool, marker: Marker, climb: Climb) -> None:
    assert await moves(marker, pool)

    assert await fanned_out(pool) == 1
    assert await climb.members_of(wave=1) == list(climb.members)


async def test_it_stays_before_what_is_on_the_log_and_not_merged(
    pool: Pool, kafka_bootstrap: str, observer: Observer, marker: Marker, climb: Climb
) -> None:
    receipt = await climb.fact(climb.members[0], ReceiptKind.DELIVERED)
    await written(kafka_bootstrap, [receipt_record(receipt, topic=RECEIPTS.name, source="/test")])
    assert not await moves(marker, pool)

    await all_merged(pool, observer)

    assert await moves(marker, pool)


async def test_it_stays_before_what_is_in_the_outbox(pool: Pool, marker: Marker, climb: Climb) -> None:
    receipt = await climb.fact(climb.members[0], ReceiptKind.DELIVERED)
    async with pool.acquire() as connection, connection.transaction():
        await keep_receipts(connection, [receipt])

    assert not await moves(marker, pool)


@pytest.mark.usefixtures("climb")
async def test_it_rings_when_it_has_moved(marker: Marker, bell: asyncio.Event) -> None:
    await marker.mark()

    assert bell.is_set()


@pytest.mark.usefixtures("climb")
async def test_nobody_asks_where_no_step_is_near(pool: Pool, marker: Marker) -> None:
    await pool.execute("UPDATE fan_out SET not_before = now() + $1::interval WHERE wave > 0", LONG_AGO)

    assert not await moves(marker, pool)
