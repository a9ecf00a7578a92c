"""The receipts worker on a real log: everything is merged, once, whoever does it."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from tests.support.crew import merging
from tests.support.eventually import eventually
from tests.support.receipts import told
from tests.support.topics import values_on, written
from tests.support.world import Situation, emptied, tallied, waiting
from tocsin_runtime.kafka.producer import Record
from tocsin_runtime.kafka.records import receipt_record
from tocsin_schemas.topics import DEAD_LETTERS, RECEIPTS
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store.pool import Pool, open_pool

COUNT = 600


@pytest.fixture
async def situation(pool: Pool) -> Situation:
    """Six hundred deliveries, all claimed."""
    await emptied(pool)
    situation = await waiting(pool, COUNT)
    for start in range(0, COUNT, 200):
        await situation.claimed(ids=situation.ids[start : start + 200], token=start)
    return situation


def accepted(situation: Situation, numbers: range) -> list[Record]:
    receipts = [told(situation, ReceiptKind.ACCEPTED, number=number) for number in numbers]
    return [receipt_record(receipt, topic=RECEIPTS.name, source="/test") for receipt in receipts]


async def all_sent(situation: Situation, *, count: int = COUNT) -> None:
    async def look() -> bool:
        return (await tallied(situation.pool, situation.alert)).get(State.SENT) == count

    await eventually(look, within=60)


async def attempts(situation: Situation) -> Sequence[int]:
    rows = await situation.pool.fetch(
        "SELECT DISTINCT attempts FROM delivery WHERE alert_id = $1", situation.alert
    )
    return [row["attempts"] for row in rows]


async def timeline(situation: Situation) -> int:
    count: int = await situation.pool.fetchval(
        "SELECT count(*) FROM receipt WHERE alert_id = $1", situation.alert
    )
    return count


async def test_every_receipt_is_merged(situation: Situation, kafka_bootstrap: str) -> None:
    async with merging(situation.pool, kafka_bootstrap):
        await written(kafka_bootstrap, accepted(situation, range(COUNT)))
        await all_sent(situation)

    assert (await timeline(situation), await attempts(situation)) == (COUNT, [1])


async def test_a_second_instance_takes_over_without_loss_or_double(
    situation: Situation, kafka_bootstrap: str
) -> None:
    async with merging(situation.pool, kafka_bootstrap, limit=50) as second:
        async with merging(situation.pool, kafka_bootstrap, limit=50) as first:
            await written(kafka_bootstrap, accepted(situation, range(300)))
            await eventually(lambda: _both_ready(first.health.ready and second.health.ready))
            await written(kafka_bootstrap, accepted(situation, range(300, 500)))
        await written(kafka_bootstrap, accepted(situation, range(500, COUNT)))
        await all_sent(situation)

    assert (await timeline(situation), await attempts(situation)) == (COUNT, [1])


async def _both_ready(ready: bool) -> bool:  # noqa: FBT001 - a condition to wait for
    return ready


async def test_a_database_that_cuts_its_connections_costs_nothing(
    situation: Situation, kafka_bootstrap: str, database_url: str
) -> None:
    async with (
        await open_pool(database_url, size=2, application_name="cut") as cut,
        merging(cut, kafka_bootstrap, limit=40),
    ):
        for start in range(0, COUNT, 100):
            await written(kafka_bootstrap, accepted(situation, range(start, start + 100)))
            await situation.pool.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'"
            )
        await all_sent(situation)

    assert (await timeline(situation), await attempts(situation)) == (COUNT, [1])


async def test_a_record_that_is_no_receipt_goes_aside_and_the_rest_goes_on(
    situation: Situation, kafka_bootstrap: str
) -> None:
    spoilt = uuid4().hex.encode()
    async with merging(situation.pool, kafka_bootstrap):
        await written(
            kafka_bootstrap,
            [Record(RECEIPTS.name, 0, b"x", spoilt), *accepted(situation, range(COUNT))],
        )
        await all_sent(situation)

    assert spoilt in await values_on(kafka_bootstrap, DEAD_LETTERS)
