"""The log repeats itself: records come again, out of order, some of them many times."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.striking import let_go, where_possible
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.topics import ALERTS, RECEIPTS, deliveries
from tocsin_schemas.words import Channel, Lane

_LATEST: Final = (200, 3_000)
_OFTEN: Final = (0, 20)
_TIMES: Final = 50
_HINTS: Final = tuple(deliveries(channel, lane).name for channel in Channel for lane in Lane)
_PARTITIONS: Final = {
    topic.name: topic.partitions
    for topic in (ALERTS, RECEIPTS, *(deliveries(channel, lane) for channel in Channel for lane in Lane))
}
_AT_ONCE: Final = 1_000
_KAFKA_WITHIN_S: Final = 15.0


def _of(*topics: str) -> Callable[[Random, Scale], What]:
    def draw(random: Random, _scale: Scale) -> What:
        return {
            "topic": random.choice(topics),
            "latest": random.randint(*_LATEST),
            "often": random.randint(*_OFTEN),
            "times": _TIMES,
            "seed": random.randrange(2**32),
        }

    return draw


async def _repeat(scene: Scene, what: What) -> None:
    """Produce the latest records again, each to its partition, in any order."""
    with where_possible():
        async with asyncio.timeout(_KAFKA_WITHIN_S):
            records = await _latest(scene.town.kafka, str(what["topic"]), count=int(what["latest"]))
        again = _shuffled(records, what)
        async with Outlet(scene.town.kafka, client_id="repeater") as outlet:
            for start in range(0, len(again), _AT_ONCE):
                await outlet.produce(again[start : start + _AT_ONCE])


def _shuffled(records: Sequence[Record], what: What) -> list[Record]:
    random = Random(int(what["seed"]))  # noqa: S311  # a draw, not a secret
    favourites = random.sample(records, min(int(what["often"]), len(records)))
    again = [*records, *(one for one in favourites for _ in range(int(what["times"]) - 1))]
    random.shuffle(again)
    return again


async def _latest(bootstrap: str, topic: str, *, count: int) -> list[Record]:
    """So many records from the end of a topic, spread over its partitions."""
    async with _reader(bootstrap) as reader:
        partitions = [TopicPartition(topic, number) for number in range(_PARTITIONS[topic])]
        reader.assign(partitions)
        begins, ends = await reader.beginning_offsets(partitions), await reader.end_offsets(partitions)
        for one in partitions:
            reader.seek(one, max(begins[one], ends[one] - count // len(partitions)))
        found: list[Record] = []
        while any([await reader.position(one) < ends[one] for one in partitions]):
            for one, records in (await reader.getmany(timeout_ms=200)).items():
                found += [
                    Record(topic, one.partition, each.key or b"", each.value or b"", tuple(each.headers))
                    for each in records
                ]
        return found


@asynccontextmanager
async def _reader(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of no group."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, retry_backoff_ms=500)
    try:
        await consumer.start()
        yield consumer
    finally:
        await let_go(consumer)


KINDS: Final = (
    Kind("receipts-duplicated", _of(RECEIPTS.name), _repeat, weight=3),
    Kind("hints-duplicated", _of(*_HINTS), _repeat, weight=3),
    Kind("bells-duplicated", _of(ALERTS.name), _repeat),
)
