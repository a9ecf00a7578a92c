"""Topics, their partitions, their groups."""

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tocsin_schemas.codec import partition_for
from tocsin_schemas.topics import METRICS, RECEIPTS, TOPICS, deliveries, worker_group
from tocsin_schemas.words import Channel, Lane


def test_every_topic_has_one_name() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_every_lane_of_every_channel_has_its_topic_and_group() -> None:
    assert deliveries(Channel.EMAIL, Lane.URGENT).name == "deliveries.email.urgent"
    assert worker_group(Channel.EMAIL, Lane.ROUTINE) == "email-worker.routine"


def test_metrics_are_compacted_and_receipts_kept_a_week() -> None:
    assert METRICS.settings == {"cleanup.policy": "compact"}
    assert RECEIPTS.settings == {"retention.ms": str(7 * 24 * 3_600_000)}


def test_deliveries_are_kept_longer_than_the_longest_expiry() -> None:
    retention = deliveries(Channel.EMAIL, Lane.ROUTINE).retention

    assert retention is not None
    assert retention > timedelta(hours=24)


@pytest.mark.parametrize(
    ("key", "partition"),
    [(UUID(int=0), 1), (UUID(int=1), 7), (UUID("01a1fd00-0000-8cfd-8245-ef22a079b75a"), 10)],
)
def test_a_key_has_one_partition_for_ever(key: UUID, partition: int) -> None:
    assert partition_for(key, partitions=12) == partition


def test_keys_spread_evenly_over_the_partitions() -> None:
    counts = Counter(partition_for(uuid4(), partitions=12) for _ in range(12_000))

    assert set(counts) == set(range(12))
    assert max(counts.values()) < 1.25 * 1_000
