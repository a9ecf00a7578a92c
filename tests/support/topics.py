"""Topics of a test's own, and what is on them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from tests.support.eventually import eventually
from tocsin_runtime.kafka.admin import Observer, apply_topics
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.topics import Topic
from tocsin_store.merged_offsets import Log, merged_offsets
from tocsin_store.pool import Pool


async def a_topic(bootstrap: str, *, partitions: int = 1) -> Topic:
    """Create a topic nobody else uses."""
    topic = Topic(f"test-{uuid4().hex}", partitions=partitions, retention=timedelta(hours=1))
    await apply_topics(bootstrap, [topic], replication=1)
    async with Observer(
        bootstrap
    ) as observer:  # the answer to its creation comes before the brokers know of it
        await observer.end_offsets(topic)
    return topic


def numbered(topic: Topic, count: int, *, start: int = 0) -> list[Record]:
    """Records whose values are numbers, spread over the partitions in turn."""
    return [
        Record(topic.name, partition=n % topic.partitions, key=b"", value=str(n).encode())
        for n in range(start, start + count)
    ]


async def written(bootstrap: str, records: Sequence[Record]) -> list[int]:
    """Put records on the log; returns their offsets."""
    async with Outlet(bootstrap, client_id="test") as outlet:
        return await outlet.produce(records, timeout=20)


async def values_on(bootstrap: str, topic: Topic) -> list[bytes]:
    """Everything that is on a topic now."""
    async with Observer(bootstrap) as observer:
        ends = await observer.end_offsets(topic)
        first = await observer.first_offsets(topic)
    count = sum(ends[partition] - first[partition] for partition in ends)
    found: list[bytes] = []
    async with Intake(bootstrap, topic=topic, group=f"test-{uuid4().hex}") as intake:
        while len(found) < count:
            for record in await intake.take(limit=1_000):
                found.append(record.value or b"")
                record.finish()
    return found


async def merged_of(pool: Pool, bootstrap: str, topic: Topic) -> Mapping[int, int]:
    """Where the merge stands in a topic as it is now."""
    async with Observer(bootstrap) as observer:
        return await merged_offsets(pool, Log(topic.name, await observer.topic_id(topic)))


async def made_anew(bootstrap: str, topic: Topic) -> None:
    """Delete a topic and create it again, empty."""
    await deleted(bootstrap, topic)
    await apply_topics(bootstrap, [topic], replication=1)
    async with _admin(bootstrap) as admin:

        async def known() -> bool:
            return topic.name in await admin.list_topics()

        await eventually(known)


async def deleted(bootstrap: str, topic: Topic) -> None:
    """Delete a topic; returns when no broker knows of it any more."""
    async with _admin(bootstrap) as admin:
        await admin.delete_topics([topic.name])

        async def gone() -> bool:
            return topic.name not in await admin.list_topics()

        await eventually(gone)


async def emptied_log(bootstrap: str, topic: Topic) -> None:
    """Delete every record of a topic; its offsets go on."""
    async with _admin(bootstrap) as admin:
        everything = RecordsToDelete(before_offset=-1)
        await admin.delete_records(
            {TopicPartition(topic.name, n): everything for n in range(topic.partitions)}
        )


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
