"""Groups that never come to rest: strangers join and leave, replicas come and go."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from dispatcher.fan_out import GROUP as DISPATCHERS
from receipts_worker.merging import GROUP as MERGERS
from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.striking import anew, let_go, pids, where_possible
from tests.support.eventually import until
from tocsin_schemas.topics import ALERTS, RECEIPTS, deliveries, worker_group
from tocsin_schemas.words import Channel, Lane

_TOPICS: Final = {
    DISPATCHERS: ALERTS.name,
    MERGERS: RECEIPTS.name,
    **{worker_group(channel, lane): deliveries(channel, lane).name for channel in Channel for lane in Lane},
}
_TIMES: Final = (2, 4)
_STAY_S: Final = (0.2, 3.0)
_PAUSE_S: Final = (0.1, 2.0)
_KAFKA_WITHIN_S: Final = 12.0


def _a_group(random: Random, _scale: Scale) -> What:
    return {
        "group": random.choice(sorted(_TOPICS)),
        "times": random.randint(*_TIMES),
        "seconds": round(random.uniform(*_STAY_S), 2),
    }


def _a_service(random: Random, scale: Scale) -> What:
    return {
        "service": random.choice(scale.services),
        "times": random.randint(*_TIMES),
        "pause": round(random.uniform(*_PAUSE_S), 2),
    }


async def _storm(scene: Scene, what: What) -> None:
    """Join and leave; what a stranger was given it neither handles nor commits."""
    for _ in range(int(what["times"])):
        with where_possible():
            async with _stranger(scene.town.kafka, group=str(what["group"])) as consumer:
                await _stay(consumer, seconds=float(what["seconds"]))


async def _stay(consumer: AIOKafkaConsumer, *, seconds: float) -> None:
    await until(lambda: bool(consumer.assignment()), within=_KAFKA_WITHIN_S)
    await asyncio.sleep(seconds)


async def _restart(scene: Scene, what: What) -> None:
    """SIGTERM, and again as soon as it is ready: it leaves its groups and joins them each time."""
    name = str(what["service"])
    for _ in range(int(what["times"])):
        before = pids(scene, [name])
        await asyncio.to_thread(scene.stack.kill, name, signal.SIGTERM)
        await anew(scene, before)
        await asyncio.sleep(float(what["pause"]))


@asynccontextmanager
async def _stranger(bootstrap: str, *, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of the group that answers its heartbeats as ours do: `tocsin_runtime.kafka.connecting`."""
    consumer = AIOKafkaConsumer(
        _TOPICS[group],
        bootstrap_servers=bootstrap,
        group_id=group,
        client_id="stranger",
        enable_auto_commit=False,
        partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        session_timeout_ms=10_000,
        heartbeat_interval_ms=1_000,
        rebalance_timeout_ms=20_000,
        request_timeout_ms=26_000,
    )
    try:
        async with asyncio.timeout(_KAFKA_WITHIN_S):
            await consumer.start()
        yield consumer
    finally:
        await let_go(consumer)


KINDS: Final = (
    Kind("rebalance-storm", _a_group, _storm, weight=3),
    Kind("replica-restarts", _a_service, _restart, weight=2),
)
