"""Where the partitions of a new assignment start, and whether the topic is still the one that was read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import Counter

from tocsin_runtime.kafka.failures import FAILURES
from tocsin_runtime.kafka.topic_ids import topic_id

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 0.5
_ASK_SECONDS: Final = 5.0

MADE_ANEW: Final = Counter(
    "tocsin_topics_made_anew_total",
    "Topics found to be others than they were, read from their start.",
    ["topic"],
)

Starts: TypeAlias = Callable[[UUID], Awaitable[Mapping[int, int]]]
"""Next offset by partition in the topic of this id, where it is kept elsewhere than in Kafka."""


class StartsUnknownError(Exception):
    """Where the start offsets are kept cannot be read now; it is asked again."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where each partition starts, and in which topic of that name."""

    positions: Mapping[int, int]
    topic_id: UUID | None
    made_anew: bool


class Beginnings:
    """Finds the beginnings of one topic. What it once began in, it knows again: `begun` says that a beginning is used."""

    def __init__(self, topic: str, *, starts: Starts | None) -> None:
        self._topic = topic
        self._starts = starts
        self._topic_id: UUID | None = None

    async def find(
        self, current: Callable[[], AIOKafkaConsumer | None], partitions: Sequence[int]
    ) -> Beginning:
        """Ask until everybody has answered; nothing begins where there is no consumer any more."""
        while True:
            consumer = current()
            if consumer is None or not partitions:
                return Beginning({}, self._topic_id, made_anew=False)
            try:
                return await self._find(consumer, partitions)
            except (StartsUnknownError, *FAILURES) as error:
                log.warning("start_unknown", topic=self._topic, error=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)

    @property
    def topic_id(self) -> UUID:
        """Which topic was begun in.

        Raises:
            LookupError: None was so far.
        """
        if self._topic_id is None:
            raise LookupError(self._topic)
        return self._topic_id

    def begun(self, beginning: Beginning) -> None:
        """Note that reading goes on from there."""
        if beginning.made_anew:
            MADE_ANEW.labels(self._topic).inc()
            log.warning("topic_made_anew", topic=self._topic)
        self._topic_id = beginning.topic_id

    async def is_over(self, consumer: AIOKafkaConsumer) -> bool:
        """Whether the topic that was begun in is no more, and another has its name. Unanswered, it is not."""
        try:
            return self._is_another(await self._current_id(consumer))
        except FAILURES as error:
            log.warning("topic_unknown", topic=self._topic, error=type(error).__name__)
            return False

    async def _find(self, consumer: AIOKafkaConsumer, partitions: Sequence[int]) -> Beginning:
        id_ = await self._current_id(consumer)
        anew = self._is_another(id_)
        tps = {number: TopicPartition(self._topic, number) for number in partitions}
        known = await self._known(consumer, tps, id_)
        first = await consumer.beginning_offsets(list(tps.values()))
        end = await consumer.end_offsets(list(tps.values()))
        positions = {  # outside the log lie offsets that retention took, and those of a topic that is no more
            number: at if first[tp] <= (at := known.get(number, -1)) <= end[tp] else first[tp]
            for number, tp in tps.items()
        }
        return Beginning(positions, id_, anew)

    async def _known(
        self, consumer: AIOKafkaConsumer, tps: Mapping[int, TopicPartition], id_: UUID
    ) -> Mapping[int, int]:
        if self._starts is not None:
            return await self._starts(id_)
        return {} if self._is_another(id_) else await _committed(consumer, tps)

    async def _current_id(self, consumer: AIOKafkaConsumer) -> UUID:
        async with asyncio.timeout(_ASK_SECONDS):
            return await topic_id(consumer._client, self._topic)  # noqa: SLF001 - it has no public way to ask

    def _is_another(self, id_: UUID) -> bool:
        return self._topic_id not in (None, id_)


async def _committed(consumer: AIOKafkaConsumer, tps: Mapping[int, TopicPartition]) -> Mapping[int, int]:
    offsets = {number: await consumer.committed(tp) for number, tp in tps.items()}
    return {number: offset for number, offset in offsets.items() if offset is not None}
