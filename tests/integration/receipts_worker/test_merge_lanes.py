"""Lanes of the merge: urgent receipts wait for one batch of the others at most."""

from uuid import uuid4

import pytest

from tests.support.crew import merging
from tests.support.eventually import eventually
from tests.support.receipts import told
from tests.support.topics import written
from tests.support.world import Situation, emptied, waiting
from tocsin_runtime.kafka.producer import Record
from tocsin_runtime.kafka.records import receipt_record
from tocsin_schemas.topics import RECEIPTS, URGENT_RECEIPTS, receipt_partition
from tocsin_schemas.words import Lane, ReceiptKind
from tocsin_store.pool import Pool

ROUTINE = 600
URGENT = 20
BATCH = 25


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


def accepted(situation: Situation, *, lane: Lane) -> list[Record]:
    receipts = [
        told(situation, ReceiptKind.ACCEPTED, number=number).model_copy(update={"lane": lane})
        for number in range(len(situation.ids))
    ]
    return [receipt_record(receipt, topic=RECEIPTS.name, source="/test") for receipt in receipts]


async def test_urgent_receipts_are_merged_before_the_routine_ones_that_were_there_first(
    pool: Pool, kafka_bootstrap: str
) -> None:
    bulk, urgent = await waiting(pool, ROUTINE), await waiting(pool, URGENT)

    async with merging(pool, kafka_bootstrap, limit=BATCH):
        await eventually(lambda: is_merged(pool, 0))
        await written(kafka_bootstrap, accepted(bulk, lane=Lane.ROUTINE))
        await written(kafka_bootstrap, accepted(urgent, lane=Lane.URGENT))
        await eventually(lambda: is_merged(pool, ROUTINE + URGENT), within=60)

    last_urgent = await pool.fetchval("SELECT max(xid) FROM receipt WHERE alert_id = $1", urgent.alert)
    later = await pool.fetchval(
        "SELECT count(*) FROM receipt WHERE alert_id = $1 AND xid > $2", bulk.alert, last_urgent
    )
    assert later > 0


async def is_merged(pool: Pool, count: int) -> bool:
    merged: int = await pool.fetchval("SELECT count(*) FROM receipt")
    return merged >= count


@pytest.mark.parametrize("lane", [*Lane, None])
def test_a_lanes_receipts_have_partitions_of_their_own(lane: Lane | None) -> None:
    partitions = {receipt_partition(uuid4(), lane=lane) for _ in range(1_000)}

    expected = set(URGENT_RECEIPTS) if lane is Lane.URGENT else set(range(12)) - set(URGENT_RECEIPTS)
    assert partitions == expected
