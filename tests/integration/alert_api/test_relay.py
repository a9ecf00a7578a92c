"""The outbox relay: what was committed reaches Kafka, through outages and with several replicas."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from alert_api.settings import ApiSettings
from tests.integration.alert_api.changes import ALL_CLEAR, cancelled, updated
from tests.integration.alert_api.conftest import NOBODY, Agency, serving
from tests.integration.alert_api.ledger_rows import posted
from tocsin_schemas.codec import decode, partition_for
from tocsin_schemas.messages import AlertAccepted, AlertCancelled, AlertUpdated, Receipt
from tocsin_schemas.topics import ALERTS, RECEIPTS, Topic, receipt_partition
from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store.pool import Pool

Body = dict[str, object]


@pytest.fixture
def with_kafka(settings: ApiSettings, kafka_bootstrap: str) -> ApiSettings:
    patient = timedelta(seconds=10)
    return settings.model_copy(update={"kafka_bootstrap_servers": kafka_bootstrap, "handover_wait": patient})


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():
            await asyncio.sleep(0.05)


async def records_of(bootstrap: str, topic: Topic, *, keys: set[UUID]) -> list[ConsumerRecord]:
    """Every record of the topic with one of these keys."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[ConsumerRecord] = []
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                batches = await consumer.getmany(partition, timeout_ms=1000)
                found += [record for batch in batches.values() for record in batch]
    finally:
        await consumer.stop()
    wanted = {str(key).encode() for key in keys}
    return [record for record in found if record.key in wanted]


@asynccontextmanager
async def forwarding(port: int, target: str) -> AsyncIterator[None]:
    """A TCP port that leads to Kafka as long as it is open."""
    host, _, target_port = target.partition(":")

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(host, int(target_port))
        await asyncio.gather(pipe(reader, forth), pipe(back, writer), return_exceptions=True)

    async with await asyncio.start_server(connect, "127.0.0.1", port):
        yield


async def free_port() -> int:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        port: int = server.sockets[0].getsockname()[1]
    return port


async def waiting(pool: Pool) -> int:
    async with pool.acquire() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM outbox")
    return count


async def test_a_bell_is_handed_over_at_once(
    with_kafka: ApiSettings, agency: Agency, alert: Body, pool: Pool
) -> None:
    async with serving(with_kafka) as api:
        answer = await api.client(agency.key).post(alert, key="one")
        again = await api.client(agency.key).post(alert, key="one")
        ready = await api.client(None).get("/ready")
        await until(lambda: _empty(pool))

    assert answer.at("handover") == "now"
    assert again.json == answer.json
    assert ready.at("kafka") == "up"
    alert_id = UUID(str(answer.at("id")))
    [record] = await records_of(with_kafka.kafka_bootstrap_servers, ALERTS, keys={alert_id})
    assert decode(AlertAccepted, record.value).alert_id == alert_id
    assert record.partition == partition_for(alert_id, partitions=ALERTS.partitions)
    headers = dict(record.headers)
    assert headers["ce_type"] == b"io.tocsin.alert.accepted.v1"
    assert headers["ce_source"] == b"/alert-api"


async def test_bells_of_changes_are_handed_over_at_once(
    with_kafka: ApiSettings, agency: Agency, alert: Body
) -> None:
    async with serving(with_kafka) as api:
        client = api.client(agency.key)
        alert_id = await posted(client, alert)
        update = await updated(client, alert_id, alert)
        cancel = await cancelled(client, alert_id, key="one", all_clear=ALL_CLEAR)
        again = await cancelled(client, alert_id, key="one", all_clear=ALL_CLEAR)

    assert (update.at("handover"), cancel.at("handover"), again.at("handover")) == ("now", "now", "now")
    records = await records_of(with_kafka.kafka_bootstrap_servers, ALERTS, keys={alert_id})
    assert [dict(record.headers)["ce_type"] for record in records] == [
        b"io.tocsin.alert.accepted.v1",
        b"io.tocsin.alert.updated.v1",
        b"io.tocsin.alert.cancelled.v1",
    ]
    assert [decode(AlertUpdated, record.value).alert_version for record in records[1:2]] == [2]
    assert [decode(AlertCancelled, record.value).alert_version for record in records[2:]] == [3]
    assert all(b"river" not in record.value for record in records)


async def test_with_kafka_down_it_is_delayed_and_produced_when_kafka_is_back(
    with_kafka: ApiSettings, agency: Agency, alert: Body, pool: Pool
) -> None:
    kafka, port = with_kafka.kafka_bootstrap_servers, await free_port()
    behind = with_kafka.model_copy(
        update={"kafka_bootstrap_servers": f"127.0.0.1:{port}", "handover_wait": timedelta(milliseconds=50)}
    )
    async with serving(behind) as api:
        answer = await api.client(agency.key).post(alert)
        delayed = await waiting(pool)
        async with forwarding(port, kafka):
            await until(lambda: _empty(pool))

    assert (answer.status, answer.at("handover")) == (202, "delayed")
    assert delayed == 1
    assert len(await records_of(kafka, ALERTS, keys={UUID(str(answer.at("id")))})) == 1


async def test_what_one_process_left_the_next_relays(
    with_kafka: ApiSettings, settings: ApiSettings, agency: Agency, alert: Body, pool: Pool
) -> None:
    async with serving(settings.model_copy(update={"kafka_bootstrap_servers": NOBODY})) as api:
        answer = await api.client(agency.key).post(alert)

    async with serving(with_kafka):
        await until(lambda: _empty(pool))

    keys = {UUID(str(answer.at("id")))}
    assert len(await records_of(with_kafka.kafka_bootstrap_servers, ALERTS, keys=keys)) == 1


async def test_one_of_two_replicas_relays_for_both(
    with_kafka: ApiSettings, agency: Agency, alert: Body, pool: Pool
) -> None:
    settings = with_kafka.model_copy(update={"handover_wait": timedelta(seconds=2)})
    async with serving(settings) as first, serving(settings) as second:
        answers = [await api.client(agency.key).post(alert) for api in (first, second, first, second)]
        await until(lambda: _empty(pool))

    assert [answer.at("handover") for answer in answers] == ["now"] * 4
    keys = {UUID(str(answer.at("id"))) for answer in answers}
    assert len(await records_of(with_kafka.kafka_bootstrap_servers, ALERTS, keys=keys)) == 4


async def test_a_lost_database_connection_is_opened_again(
    with_kafka: ApiSettings, agency: Agency, alert: Body, pool: Pool
) -> None:
    async with serving(with_kafka) as api:
        await api.client(agency.key).post(alert)
        async with pool.acquire() as conn:
            await conn.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE  datname = current_database() AND application_name LIKE 'alert-api%'
                """
            )

        answer = await api.client(agency.key).post(alert)
        answer = await api.client(agency.key).post(alert) if answer.status == 503 else answer
        await until(lambda: _empty(pool))

    assert (answer.status, answer.at("handover")) == (202, "now")


async def test_an_array_of_receipts_becomes_one_record_each(with_kafka: ApiSettings, pool: Pool) -> None:
    alert_id = uuid4()
    receipts = [
        Receipt.of(
            uuid4(),
            alert=alert_id,
            alert_version=1,
            channel=Channel.EMAIL,
            fence=0,
            kind=ReceiptKind.EXPIRED,
            now=datetime.now(UTC),
            reason=Reason.EXPIRED,
        )
        for _ in range(50)
    ]
    async with pool.acquire() as conn:
        await conn.execute(
            "INSERT INTO outbox (topic, key, event_type, receipts) VALUES ('receipts', $1, 'io.tocsin.receipt.v1', $2)",
            alert_id,
            [receipt.model_dump(mode="json") for receipt in receipts],
        )

    async with serving(with_kafka):
        await until(lambda: _empty(pool))

    wanted = {receipt.delivery_id: receipt for receipt in receipts}
    records = await records_of(with_kafka.kafka_bootstrap_servers, RECEIPTS, keys=set(wanted))
    assert {UUID(record.key.decode()): decode(Receipt, record.value) for record in records} == wanted
    for record in records:
        key = UUID(record.key.decode())
        assert record.partition == receipt_partition(key, lane=None)
        assert dict(record.headers)["ce_id"] == str(wanted[key].id).encode()


async def _empty(pool: Pool) -> bool:
    return await waiting(pool) == 0
