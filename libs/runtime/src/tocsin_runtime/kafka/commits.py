"""Watermarks go to Kafka: explicit offsets, only those that moved."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

from tocsin_runtime.kafka.failures import FAILURES
from tocsin_runtime.kafka.tracker import Tracker

log = structlog.get_logger()

_COMMIT_SECONDS: Final = 5.0


async def commit(consumer: AIOKafkaConsumer, *, topic: str, trackers: Mapping[int, Tracker]) -> None:
    """Commit what moved and note it in the trackers; what fails is committed next time. Call one at a time."""
    moved = {
        tracker: (number, at)
        for number, tracker in trackers.items()
        if (at := tracker.uncommitted) is not None
    }
    if not moved:
        return
    try:
        async with asyncio.timeout(_COMMIT_SECONDS):
            await consumer.commit({TopicPartition(topic, number): at for number, at in moved.values()})
    except CommitFailedError:  # the partitions have gone; their next owner starts from the last commit
        log.warning("commit_refused", topic=topic)
        return
    except FAILURES as error:
        log.warning("commit_failed", topic=topic, error=type(error).__name__)
        return
    for tracker, (_, at) in moved.items():
        tracker.committed(at)
