"""Receipts that decode but fit no row: they go aside, those beside them are merged once, a restart repeats nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from tests.support.crew import merging
from tests.support.eventually import eventually
from tests.support.receipts import told
from tests.support.topics import merged_of, values_on, written
from tests.support.world import Situation, emptied, tallied, waiting
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.producer import Record
from tocsin_runtime.kafka.records import receipt_record
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import DEAD_LETTERS, RECEIPTS
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store.pool import Pool

COUNT = 120


@pytest.fixture
async def situation(pool: Pool) -> Situation:
    """Deliveries, all claimed."""
    await emptied(pool)
    situation = await waiting(pool, COUNT)
    await situation.claimed()
    return situation


def recorded(receipts: Sequence[Receipt]) -> list[Record]:
    return [receipt_record(receipt, topic=RECEIPTS.name, source="/test") for receipt in receipts]


def poison(situation: Situation) -> list[Record]:
    """What a server, and what a driver refuses; each about a delivery that has a good receipt, too."""
    first, second, third = (told(situation, ReceiptKind.FAILED, number=number) for number in range(3))
    before_time = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    return recorded(
        [
            first.model_copy(update={"provider": f"re\0lay {uuid4()}"}),
            second.model_copy(update={"recorded_at": before_time}),
            third.model_copy(update={"delivery_id": uuid4(), "provider_status": "\0"}),  # of no row known
        ]
    )


def interleaved(good: Sequence[Record], bad: Sequence[Record]) -> list[Record]:
    pieces = len(good) // len(bad)
    return [
        record
        for number, each in enumerate(bad)
        for record in (*good[number * pieces : (number + 1) * pieces], each)
    ]


async def everything_merged(situation: Situation, kafka: str) -> None:
    async with Observer(kafka) as observer:
        ends = await observer.end_offsets(RECEIPTS)

    async def look() -> bool:
        return await merged_of(situation.pool, kafka, RECEIPTS) == ends

    await eventually(look, within=60)


async def test_poison_goes_aside_and_what_is_beside_it_is_merged_once(
    situation: Situation, kafka_bootstrap: str
) -> None:
    good = recorded([told(situation, ReceiptKind.ACCEPTED, number=number) for number in range(COUNT)])
    bad = poison(situation)
    await written(kafka_bootstrap, interleaved(good, bad))

    async with merging(situation.pool, kafka_bootstrap):
        await everything_merged(situation, kafka_bootstrap)
    async with merging(situation.pool, kafka_bootstrap):  # a restart
        await written(kafka_bootstrap, recorded([told(situation, ReceiptKind.DELIVERED)]))
        await everything_merged(situation, kafka_bootstrap)

    buried = await values_on(kafka_bootstrap, DEAD_LETTERS)
    assert [buried.count(record.value) for record in bad] == [1, 1, 1]
    assert await tallied(situation.pool, situation.alert) == {State.SENT: COUNT - 1, State.DELIVERED: 1}
    assert await situation.pool.fetchval("SELECT count(*) FROM receipt") == COUNT + 1


async def test_a_fence_beyond_the_ledger_is_no_receipt(situation: Situation, kafka_bootstrap: str) -> None:
    beyond = told(situation, ReceiptKind.ACCEPTED).model_copy(update={"fence": 2**31})
    good = told(situation, ReceiptKind.ACCEPTED)
    await written(kafka_bootstrap, recorded([beyond, good]))

    async with merging(situation.pool, kafka_bootstrap):
        await everything_merged(situation, kafka_bootstrap)

    assert recorded([beyond])[0].value in await values_on(kafka_bootstrap, DEAD_LETTERS)
    assert (await situation.row())["state"] == "sent"
    assert datetime.now(UTC) >= (await situation.row())["updated_at"]
