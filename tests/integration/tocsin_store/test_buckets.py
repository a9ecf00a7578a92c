"""Buckets of a tally's times: each ends at the square root of two times the end of the one before, the first at 0.1 s."""

from datetime import timedelta

import pytest

from tocsin_store.pool import Pool


@pytest.mark.parametrize("bucket", [0, 2, 8, 20, 34, 44, 58])
async def test_a_time_is_in_the_bucket_whose_bound_it_does_not_pass(pool: Pool, bucket: int) -> None:
    bound = timedelta(seconds=0.1 * 2 ** (bucket / 2))
    moments = [bound * 0.99, bound, bound * 1.01]

    buckets = [await pool.fetchval("SELECT time_bucket($1)", moment) for moment in moments]

    assert buckets == [bucket, bucket, bucket + 1]


@pytest.mark.parametrize(("seconds", "bucket"), [(-1.0, 0), (0.0, 0), (1e9, 60)])
async def test_no_time_is_outside(pool: Pool, seconds: float, bucket: int) -> None:
    found = await pool.fetchval("SELECT time_bucket($1)", timedelta(seconds=seconds))

    assert found == bucket
