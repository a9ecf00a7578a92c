"""The log forgets: records are deleted before anybody read them, a topic is made anew."""

import asyncio
from random import Random
from typing import Final

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.striking import unbroken, where_possible
from tests.support.topics import deleted, emptied_log
from tocsin_runtime.kafka.admin import apply_topics
from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_schemas.topics import ALERTS, METRICS, RECEIPTS, TOPICS, deliveries
from tocsin_schemas.words import Channel, Lane

_TOPICS: Final = {
    topic.name: topic
    for topic in (
        ALERTS,
        RECEIPTS,
        METRICS,
        *(deliveries(channel, lane) for channel in Channel for lane in Lane),
    )
}
_KAFKA_WITHIN_S: Final = 20.0
_MADE_WITHIN_S: Final = 60.0
_AGAIN_S: Final = 0.2


def _a_topic(random: Random, _scale: Scale) -> What:
    return {"topic": random.choice(sorted(_TOPICS))}


def _lost(what: What) -> str:
    return str(what["topic"])


async def _empty(scene: Scene, what: What) -> None:
    """Delete every record that is on it at this moment."""
    with where_possible():
        async with asyncio.timeout(_KAFKA_WITHIN_S):
            await emptied_log(scene.town.kafka, _TOPICS[str(what["topic"])])


async def _make_anew(scene: Scene, what: What) -> None:
    """Delete it and make it again: there is one at the end, whatever happens meanwhile."""
    await unbroken(_made_anew(scene.town.kafka, str(what["topic"])))


async def _made_anew(bootstrap: str, topic: str) -> None:
    with where_possible():
        async with asyncio.timeout(_KAFKA_WITHIN_S):
            await deleted(bootstrap, _TOPICS[topic])
    async with asyncio.timeout(_MADE_WITHIN_S):
        while not await _complete(bootstrap):
            await asyncio.sleep(_AGAIN_S)


async def _complete(bootstrap: str) -> bool:
    """Make the topics that are missing; true where none was: Kafka may have been about to delete it."""
    try:
        return not await apply_topics(bootstrap, TOPICS, replication=1)
    except KafkaUnavailableError:
        return False


KINDS: Final = (
    Kind("records-lost", _a_topic, _empty, weight=2, loses=_lost),
    Kind("topic-made-anew", _a_topic, _make_anew, loses=_lost, alone=True),
)
