"""Members of a group: made, and taken leave of, within bounded time."""

from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from tocsin_runtime.kafka.failures import FAILURES, closed

log = structlog.get_logger()

_STOP_SECONDS: Final = 10.0


async def connected(bootstrap_servers: str, *, group: str, topic: str) -> AIOKafkaConsumer | None:
    """A consumer that commits nothing by itself, not yet subscribed; None where Kafka does not answer."""
    consumer = _consumer(bootstrap_servers, group=group)
    try:
        await consumer.start()
    except FAILURES as error:
        log.warning("connect_failed", topic=topic, error=type(error).__name__)
        await disconnect(consumer, topic=topic)
        return None
    return consumer


async def disconnect(consumer: AIOKafkaConsumer, *, topic: str) -> None:
    """Leave the group; give up after ten seconds."""
    problem = await closed(consumer.stop(), within=_STOP_SECONDS)
    if problem is not None:  # its connections would stay
        log.warning("consumer_abandoned", topic=topic, error=problem)
        await closed(consumer._client.close(), within=_STOP_SECONDS)  # noqa: SLF001 - it has no second stop


def fetches_no_more(consumer: AIOKafkaConsumer, *, topic: str) -> bool:
    """Whether an error ended its fetching in the background, uvloop's for a connection just reset among them.

    The client tells nobody: it would keep its place in the group, and find nothing for ever.
    """
    fetching = consumer._fetcher.error_future  # noqa: SLF001 - nothing public says it
    if not fetching.done():
        return False
    error = None if fetching.cancelled() else fetching.exception()
    log.warning("fetching_ended", topic=topic, error=error and type(error.__cause__).__name__)
    return True


def _consumer(bootstrap_servers: str, *, group: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        group_id=group,
        client_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RoundRobinPartitionAssignor,),  # each further one costs a join
        session_timeout_ms=10_000,
        heartbeat_interval_ms=1_000,
        rebalance_timeout_ms=20_000,
        request_timeout_ms=26_000,  # above the rebalance timeout, or a join never ends
        max_poll_interval_ms=60_000,
        consumer_timeout_ms=1_000,  # how often it looks for itself whether there is something to ask for
        metadata_max_age_ms=15_000,  # how long a topic made after us stays unseen
        connections_max_idle_ms=180_000,
    )
