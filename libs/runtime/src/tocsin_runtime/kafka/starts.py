"""Where the partitions of a new assignment start."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition

Starts: TypeAlias = Callable[[Sequence[int]], Awaitable[Mapping[int, int]]]
"""Next offset by partition, where it is kept elsewhere than in Kafka."""


class StartsUnknownError(Exception):
    """Where the start offsets are kept cannot be read now; it is asked again."""


async def start_offsets(
    consumer: AIOKafkaConsumer,
    *,
    topic: str,
    partitions: Sequence[int],
    starts: Starts | None,
    made_anew: bool | None,
) -> dict[int, int]:
    """Next offset of each partition: as it is kept, but the oldest record where that says nothing of this log.

    Outside the log lie offsets that retention took, and those of a topic that was made anew.

    Args:
        consumer: A member of the group.
        topic: Its name.
        partitions: Of the assignment.
        starts: Where offsets are kept, if not in Kafka.
        made_anew: Whether the topic is another than this process has read. None: it has read none yet. Then an offset
            kept elsewhere counts only where the group has one in Kafka, too, which forgets the group's together with a
            deleted topic: in a new one that has grown past the old offset nothing else would tell.
    """
    tps = {number: TopicPartition(topic, number) for number in partitions}
    known = await starts(partitions) if starts else await _committed(consumer, tps)
    if made_anew:
        known = {}
    elif starts and made_anew is None:
        committed = await _committed(consumer, tps)
        known = {number: at for number, at in known.items() if number in committed}
    first = await consumer.beginning_offsets(list(tps.values()))
    end = await consumer.end_offsets(list(tps.values()))
    return {
        number: at if first[tp] <= (at := known.get(number, -1)) <= end[tp] else first[tp]
        for number, tp in tps.items()
    }


async def _committed(consumer: AIOKafkaConsumer, tps: Mapping[int, TopicPartition]) -> Mapping[int, int]:
    offsets = {number: await consumer.committed(tp) for number, tp in tps.items()}
    return {number: offset for number, offset in offsets.items() if offset is not None}
