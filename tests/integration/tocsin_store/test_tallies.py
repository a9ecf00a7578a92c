"""The publisher: folds deltas into what readers see; the version only grows."""

import pytest

from tests.support.receipts import merged, told
from tests.support.world import emptied, waiting
from tocsin_schemas.messages import AlertMetrics
from tocsin_schemas.words import Channel, ReceiptKind, State
from tocsin_store import progress, tallies
from tocsin_store.pool import Pool


@pytest.fixture(autouse=True)
async def _nothing_else_is_tallied(pool: Pool) -> None:
    await emptied(pool)


async def published(pool: Pool, *, mark: bool = True) -> list[AlertMetrics]:
    async with tallies.publisher(pool) as connection:
        assert connection is not None
        await tallies.fold(connection)
        metrics = await tallies.unpublished(connection, limit=100)
        if mark:
            await tallies.mark_published(connection, metrics)
        return metrics


async def test_metrics_count_every_delivery_in_its_state(pool: Pool) -> None:
    situation = await waiting(pool, 5)
    await situation.claimed(ids=situation.ids[:2])
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED), told(situation, ReceiptKind.FAILED, number=1)])

    (metrics,) = await published(pool)

    counts = {State.PENDING: 3, State.SENT: 1, State.FAILED: 1}
    assert (metrics.alert_id, metrics.deliveries) == (situation.alert, 5)
    assert metrics.states == counts
    assert metrics.channels == {Channel.EMAIL: counts}


async def test_the_version_grows_with_every_fold_that_brings_something(pool: Pool) -> None:
    situation = await waiting(pool)
    versions = [metrics.version for metrics in await published(pool)]
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    versions += [metrics.version for metrics in await published(pool)]
    versions += [metrics.version for metrics in await published(pool)]

    first, second = versions
    assert first < second


async def test_a_version_has_one_content_read_folded_or_not(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    async with pool.acquire() as connection:
        unfolded = await progress.read(connection, situation.alert, alert_version=1)
    (metrics,) = await published(pool)

    assert (unfolded.version, unfolded.states) == (metrics.version, metrics.states)


async def test_a_version_that_is_not_known_to_be_out_is_published_again(pool: Pool) -> None:
    await waiting(pool)
    first = await published(pool, mark=False)

    second = await published(pool)

    assert first == second
    assert await published(pool) == []


async def test_there_is_one_publisher_at_a_time(pool: Pool) -> None:
    async with tallies.publisher(pool) as first, tallies.publisher(pool) as second:
        assert (first is None, second is None) == (False, True)

    async with tallies.publisher(pool) as again:
        assert again is not None


async def test_a_publisher_that_failed_leaves_the_place_to_the_next(pool: Pool) -> None:
    with pytest.raises(LookupError):
        async with tallies.publisher(pool):
            raise LookupError

    async with tallies.publisher(pool) as next_one:
        assert next_one is not None


async def test_times_to_send_are_upper_bounds_of_their_buckets(pool: Pool) -> None:
    situation = await waiting(pool, 100)
    for number in range(100):
        bucket = 2 if number < 50 else 4 if number < 95 else 10
        await pool.execute(
            "INSERT INTO tally_delta VALUES ($1, 1, 'email', 'sent', $2, 1)", situation.alert, bucket
        )

    (metrics,) = await published(pool)

    assert (metrics.first_sent_s, metrics.p50_sent_s, metrics.p95_sent_s) == (0.2, 0.2, 0.4)


async def test_nothing_sent_has_no_times(pool: Pool) -> None:
    await waiting(pool)

    (metrics,) = await published(pool)

    assert (metrics.first_sent_s, metrics.p50_sent_s, metrics.p95_sent_s) == (None, None, None)


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(-5, 0), (0, 0), (0.1, 0), (0.11, 1), (0.2, 2), (0.21, 3), (3.2, 10), (1e12, 60)]
)
async def test_a_duration_falls_into_the_bucket_whose_bound_it_does_not_pass(
    pool: Pool, seconds: float, bucket: int
) -> None:
    assert await pool.fetchval("SELECT time_bucket(make_interval(secs => $1))", seconds) == bucket
