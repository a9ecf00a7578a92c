"""Receipts are durable on Kafka or, while it is away, in the outbox."""

from tests.support.receipts import told
from tests.support.topics import values_on
from tests.support.world import waiting
from tocsin_runtime.delivery.receipts import ReceiptOutlet
from tocsin_runtime.kafka.producer import Outlet
from tocsin_schemas.codec import encode, partition_for
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import RECEIPTS
from tocsin_schemas.words import ReceiptKind
from tocsin_store.outbox import next_batch
from tocsin_store.pool import Pool


async def test_receipts_are_on_the_log(pool: Pool, kafka_bootstrap: str) -> None:
    receipt = told(await waiting(pool), ReceiptKind.ACCEPTED)

    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        await ReceiptOutlet(outlet, pool, source="test").publish([receipt])

    assert encode(receipt) in await values_on(kafka_bootstrap, RECEIPTS)


async def test_while_kafka_is_away_they_are_kept_in_the_outbox_whole(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    receipts = [told(situation, ReceiptKind.ACCEPTED, number=number) for number in (0, 1)]

    async with Outlet("127.0.0.1:1", client_id="test") as nobody:
        await ReceiptOutlet(nobody, pool, source="test").publish(receipts)

    async with pool.acquire() as connection:
        (row,) = [row for row in await next_batch(connection, limit=10) if row.key == situation.alert]
    assert (row.topic, row.event_type) == (RECEIPTS.name, "io.tocsin.receipt.v1")
    assert [Receipt.model_validate(each) for each in row.receipts or ()] == receipts


async def test_a_receipts_partition_follows_its_delivery(pool: Pool) -> None:
    situation = await waiting(pool, 50)

    partitions = {partition_for(delivery, partitions=RECEIPTS.partitions) for delivery in situation.ids}

    assert len(partitions) > 1
