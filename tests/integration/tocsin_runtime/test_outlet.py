"""The way to Kafka, its offsets, its topics; and what is said while Kafka is away."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.topics import a_topic, numbered, values_on, written
from tocsin_runtime.kafka.admin import Observer, apply_topics
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet
from tocsin_schemas.topics import RECEIPTS, TOPICS, Topic


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that is bound, so that nobody else gets it, and refuses."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


async def test_every_record_has_its_offset(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap, partitions=2)

    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        first = await outlet.produce(numbered(topic, 4))
        second = await outlet.produce(numbered(topic, 2))
        assert outlet.healthy

    assert (first, second) == ([0, 0, 1, 1], [2, 2])


async def test_concurrent_produces_are_all_written(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)

    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        offsets = await asyncio.gather(*(outlet.produce(numbered(topic, 5, start=5 * n)) for n in range(20)))

    assert sorted(offset for each in offsets for offset in each) == list(range(100))
    assert len(set(await values_on(kafka_bootstrap, topic))) == 100


async def test_nothing_to_produce_is_nothing_done(kafka_bootstrap: str) -> None:
    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        assert await outlet.produce([]) == []


async def test_kafka_away_is_said_and_entering_does_not_fail(nobody: str) -> None:
    async with Outlet(nobody, client_id="test") as outlet:
        with pytest.raises(KafkaUnavailableError):
            await outlet.produce(numbered(RECEIPTS, 1), timeout=2)

        assert not outlet.healthy


@asynccontextmanager
async def passage(bootstrap: str, port: int) -> AsyncIterator[None]:
    """Let bytes through from a local port to Kafka, while inside."""
    host, _, to = bootstrap.rpartition(":")

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, ahead = await asyncio.open_connection(host, int(to))
        async with asyncio.TaskGroup() as both:
            both.create_task(copy(reader, ahead))
            both.create_task(copy(behind, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def test_the_same_outlet_works_once_kafka_is_there(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    async with Outlet(f"127.0.0.1:{port}", client_id="test") as outlet:
        with pytest.raises(KafkaUnavailableError):
            await outlet.produce(numbered(topic, 1), timeout=2)

        async with passage(kafka_bootstrap, port):
            offsets = await outlet.produce(numbered(topic, 1), timeout=20)
            assert outlet.healthy

    assert offsets == [0]


async def test_an_observer_reads_ends_and_beginnings(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap, partitions=3)
    await written(kafka_bootstrap, numbered(topic, 4))

    async with Observer(kafka_bootstrap) as observer:
        ends, first = await observer.end_offsets(topic), await observer.first_offsets(topic)

    assert ends == {0: 2, 1: 1, 2: 1}
    assert first == {0: 0, 1: 0, 2: 0}


async def test_a_group_that_never_was_has_committed_nothing(kafka_bootstrap: str) -> None:
    async with Observer(kafka_bootstrap) as observer:
        assert await observer.committed(uuid4().hex) == {}


async def test_an_observer_says_that_kafka_is_away(nobody: str) -> None:
    async with Observer(nobody) as observer:
        with pytest.raises(KafkaUnavailableError):
            await observer.end_offsets(RECEIPTS)
        with pytest.raises(KafkaUnavailableError):
            await observer.committed("group")


async def test_topics_are_made_once(kafka_bootstrap: str) -> None:
    assert await apply_topics(kafka_bootstrap, TOPICS, replication=1) == []


async def test_a_topic_that_kafka_refuses_is_not_said_to_be_made(kafka_bootstrap: str) -> None:
    with pytest.raises(KafkaUnavailableError, match="InvalidReplicationFactorError"):
        await apply_topics(kafka_bootstrap, [Topic("too-many", 1, timedelta(hours=1))], replication=3)


async def test_topics_cannot_be_made_while_kafka_is_away(nobody: str) -> None:
    with pytest.raises(KafkaUnavailableError):
        await apply_topics(nobody, TOPICS, replication=1)
