"""Every byte that is on Kafka, without joining a group."""

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from tocsin_schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Written:
    """One record."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def everything(self) -> bytes:
        """All it says."""
        return b"\n".join(
            (self.key, self.value, *(name.encode() + b"=" + value for name, value in self.headers))
        )


async def everything_on(bootstrap: str, topic: Topic) -> list[Written]:
    """All records of a topic, partition after partition, up to its end as it is now."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[Written] = []
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [Written(one.key or b"", one.value or b"", tuple(one.headers)) for one in records]
        return found
    finally:
        await consumer.stop()
