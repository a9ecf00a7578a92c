"""Topics, end offsets and committed offsets."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from tocsin_runtime.kafka.failures import FAILURES
from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_runtime.kafka.topic_ids import topic_id
from tocsin_schemas.topics import Topic

_TIMEOUT_MS: Final = 5_000


async def apply_topics(bootstrap_servers: str, topics: Iterable[Topic], *, replication: int) -> list[str]:
    """Create the topics that are missing; existing ones are left as they are.

    Returns:
        The names that were created.

    Raises:
        KafkaUnavailableError: Kafka does not answer or refused.
    """
    async with _admin(bootstrap_servers) as admin:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        answer = await admin.create_topics(
            [
                NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings)
                for topic in missing
            ]
        )
        return [name for name, code, *_ in answer.topic_errors if _is_created(for_code(code))]


async def partition_counts(bootstrap_servers: str) -> Mapping[str, int]:
    """Number of partitions of every topic.

    Raises:
        KafkaUnavailableError: Kafka does not answer or refused.
    """
    async with _admin(bootstrap_servers) as admin:
        return {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}


def _is_created(error: type[KafkaError]) -> bool:
    """Whether Kafka made it, which it answers topic by topic; another `topics apply` may have been quicker."""
    if error not in (NoError, TopicAlreadyExistsError):
        raise error
    return error is NoError


@asynccontextmanager
async def _admin(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=_TIMEOUT_MS)
    try:
        async with asyncio.timeout(2 * _TIMEOUT_MS / 1000):
            await admin.start()
            yield admin
    except FAILURES as error:
        raise KafkaUnavailableError(type(error).__name__) from error
    finally:
        await admin.close()


class Observer:
    """Reads offsets without joining a group; connects when first needed, anew after a failure."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap = bootstrap_servers
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        """Nothing is connected yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def committed(self, group: str) -> Mapping[tuple[str, int], int]:
        """Next offset of a group by (topic, partition); partitions without a commit are absent.

        Raises:
            KafkaUnavailableError: Kafka does not answer.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_MS / 1000):
                admin = await self._started_admin()
                offsets = await admin.list_consumer_group_offsets(group)
        except FAILURES as error:
            await self.close()
            raise KafkaUnavailableError(type(error).__name__) from error
        return {(tp.topic, tp.partition): at.offset for tp, at in offsets.items() if at.offset >= 0}

    async def end_offsets(self, topic: Topic) -> Mapping[int, int]:
        """Offset after the last record of every partition.

        Raises:
            KafkaUnavailableError: Kafka does not answer.
        """
        return await self._offsets(topic, end=True)

    async def first_offsets(self, topic: Topic) -> Mapping[int, int]:
        """Offset of the oldest record that every partition still holds.

        Raises:
            KafkaUnavailableError: Kafka does not answer.
        """
        return await self._offsets(topic, end=False)

    async def offsets_at(self, topic: Topic, moment: datetime) -> Mapping[int, int]:
        """Offset of the first record written from a moment on; partitions without one are absent.

        Raises:
            KafkaUnavailableError: Kafka does not answer.
        """
        stamp = int(moment.timestamp() * 1000)
        asked = {TopicPartition(topic.name, number): stamp for number in range(topic.partitions)}
        try:
            async with asyncio.timeout(_TIMEOUT_MS / 1000):
                found = await (await self._started_consumer()).offsets_for_times(asked)
        except FAILURES as error:
            await self.close()
            raise KafkaUnavailableError(type(error).__name__) from error
        return {tp.partition: at.offset for tp, at in found.items() if at is not None}

    async def topic_id(self, topic: Topic) -> UUID:
        """Which topic this is: a topic that was made anew has another id.

        Raises:
            KafkaUnavailableError: Kafka does not answer, or has none of that name.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_MS / 1000):
                consumer = await self._started_consumer()
                return await topic_id(consumer._client, topic.name)  # noqa: SLF001 - it has no public way to ask
        except FAILURES as error:
            await self.close()
            raise KafkaUnavailableError(type(error).__name__) from error

    async def _offsets(self, topic: Topic, *, end: bool) -> Mapping[int, int]:
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        try:
            async with asyncio.timeout(_TIMEOUT_MS / 1000):
                consumer = await self._started_consumer()
                read = consumer.end_offsets if end else consumer.beginning_offsets
                offsets = await read(partitions)
        except FAILURES as error:
            await self.close()
            raise KafkaUnavailableError(type(error).__name__) from error
        return {tp.partition: offset for tp, offset in offsets.items()}

    async def close(self) -> None:
        """Forget the connections."""
        admin, consumer = self._admin, self._consumer
        self._admin = self._consumer = None
        if admin is not None:
            await admin.close()
        if consumer is not None:
            await consumer.stop()

    async def _started_admin(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, request_timeout_ms=_TIMEOUT_MS)
            await admin.start()
            self._admin = admin
        return self._admin

    async def _started_consumer(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, request_timeout_ms=_TIMEOUT_MS)
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer
