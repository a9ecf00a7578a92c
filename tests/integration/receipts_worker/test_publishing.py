"""Metrics on Kafka: deliveries = sum of states, versions grow, nothing is left unpublished."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import UUID

import pytest

from receipts_worker.publishing import Publisher
from tests.support.receipts import merged, told
from tests.support.topics import made_anew, values_on
from tests.support.world import Situation, emptied, waiting
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import AlertMetrics
from tocsin_schemas.topics import METRICS
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store.pool import Pool
from tocsin_store.tallies import publisher as publisher_elsewhere


@pytest.fixture
async def situation(pool: Pool) -> Situation:
    await emptied(pool)
    situation = await waiting(pool, 6)
    await situation.claimed()
    return situation


@asynccontextmanager
async def publishing(pool: Pool, kafka: str) -> AsyncIterator[Publisher]:
    async with Outlet(kafka, client_id="test") as outlet, Observer(kafka) as observer:
        yield Publisher(pool, outlet, observer)


async def published(kafka_bootstrap: str, alert: UUID) -> list[AlertMetrics]:
    found = [decode(AlertMetrics, value) for value in await values_on(kafka_bootstrap, METRICS)]
    return [metrics for metrics in found if metrics.alert_id == alert]


async def test_every_snapshot_adds_up_and_versions_grow(situation: Situation, kafka_bootstrap: str) -> None:
    async with publishing(situation.pool, kafka_bootstrap) as publisher:
        for number in range(6):
            await publisher.publish()
            kind = ReceiptKind.FAILED if number % 2 else ReceiptKind.ACCEPTED
            await merged(situation.pool, [told(situation, kind, number=number)])
        await publisher.publish()
        await publisher.publish()

    snapshots = await published(kafka_bootstrap, situation.alert)
    assert len(snapshots) == 7
    assert all(each.deliveries == sum(each.states.values()) == 6 for each in snapshots)
    assert all(earlier.version < later.version for earlier, later in pairwise(snapshots))
    assert snapshots[-1].states == {State.SENT: 3, State.FAILED: 3}


async def test_what_could_not_be_published_is_published_later(
    situation: Situation, kafka_bootstrap: str
) -> None:
    async with publishing(situation.pool, "127.0.0.1:1") as lost:
        with pytest.raises(KafkaUnavailableError):
            await lost.publish()

    async with publishing(situation.pool, kafka_bootstrap) as publisher:
        await publisher.publish()

    (metrics,) = await published(kafka_bootstrap, situation.alert)
    assert metrics.states == {State.PENDING: 6}


async def test_a_metrics_topic_made_anew_gets_everything_again(
    situation: Situation, kafka_bootstrap: str
) -> None:
    async with publishing(situation.pool, kafka_bootstrap) as first:
        await first.publish()
    await made_anew(kafka_bootstrap, METRICS)

    async with publishing(situation.pool, kafka_bootstrap) as successor:
        await successor.publish()
        await successor.publish()

    (metrics,) = await published(kafka_bootstrap, situation.alert)
    assert metrics.states == {State.PENDING: 6}


async def test_while_one_publishes_the_others_do_not(situation: Situation, kafka_bootstrap: str) -> None:
    async with publishing(situation.pool, kafka_bootstrap) as publisher, publisher_elsewhere(situation.pool):
        await publisher.publish()

    assert await published(kafka_bootstrap, situation.alert) == []
