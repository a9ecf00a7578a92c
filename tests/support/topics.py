"""Topics of a test's own, and what is on them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from tocsin_runtime.kafka.admin import Observer, apply_topics
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.topics import Topic


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
