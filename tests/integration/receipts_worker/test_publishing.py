"""Metrics on Kafka: deliveries = sum of states, versions grow, nothing is left unpublished."""

from itertools import pairwise
from uuid import UUID

import pytest

from receipts_worker.publishing import publish
from tests.support.receipts import merged, told
from tests.support.topics import values_on
from tests.support.world import Situation, emptied, waiting
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import AlertMetrics
from tocsin_schemas.topics import METRICS
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store.pool import Pool


@pytest.fixture
async def situation(pool: Pool) -> Situation:
    await emptied(pool)
    situation = await waiting(pool, 6)
    await situation.claimed()
    return situation


async def published(kafka_bootstrap: str, alert: UUID) -> list[AlertMetrics]:
    found = [decode(AlertMetrics, value) for value in await values_on(kafka_bootstrap, METRICS)]
    return [metrics for metrics in found if metrics.alert_id == alert]


async def test_every_snapshot_adds_up_and_versions_grow(situation: Situation, kafka_bootstrap: str) -> None:
    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        for number in range(6):
            await publish(situation.pool, outlet)
            kind = ReceiptKind.FAILED if number % 2 else ReceiptKind.ACCEPTED
            await merged(situation.pool, [told(situation, kind, number=number)])
        await publish(situation.pool, outlet)
        await publish(situation.pool, outlet)

    snapshots = await published(kafka_bootstrap, situation.alert)
    assert len(snapshots) == 7
    assert all(each.deliveries == sum(each.states.values()) == 6 for each in snapshots)
    assert all(earlier.version < later.version for earlier, later in pairwise(snapshots))
    assert snapshots[-1].states == {State.SENT: 3, State.FAILED: 3}


async def test_what_could_not_be_published_is_published_later(
    situation: Situation, kafka_bootstrap: str
) -> None:
    async with Outlet("127.0.0.1:1", client_id="test") as nobody:
        with pytest.raises(KafkaUnavailableError):
            await publish(situation.pool, nobody)

    async with Outlet(kafka_bootstrap, client_id="test") as outlet:
        await publish(situation.pool, outlet)

    (metrics,) = await published(kafka_bootstrap, situation.alert)
    assert metrics.states == {State.PENDING: 6}
