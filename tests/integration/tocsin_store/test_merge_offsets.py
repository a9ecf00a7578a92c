"""Offsets advance by compare-and-set in the transaction of the merge."""

from uuid import UUID

import pytest

from tests.support.receipts import told
from tests.support.world import tallied, waiting
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store.merge import merge
from tocsin_store.merged_offsets import Advance, Log, OffsetMovedError, merged_offsets, start_partitions
from tocsin_store.pool import Pool


def a_log(topic: str, *, made: int = 1) -> Log:
    """A topic as it was made the first time, or another."""
    return Log(topic, UUID(int=made))


async def test_a_merge_moves_its_partitions_on(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await start_partitions(pool, a_log("moves"), known={}, starts={0: 0, 1: 7})

    await merge(
        pool,
        a_log("moves"),
        receipts=[told(situation, ReceiptKind.ACCEPTED)],
        advances=[Advance(1, 7, 9), Advance(0, 0, 1)],
    )

    assert await merged_offsets(pool, a_log("moves")) == {0: 1, 1: 9}


async def test_a_second_merger_changes_nothing(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await start_partitions(pool, a_log("second"), known={}, starts={0: 0, 1: 0})
    await merge(pool, a_log("second"), receipts=[], advances=[Advance(0, 0, 5)])

    with pytest.raises(OffsetMovedError):
        await merge(
            pool,
            a_log("second"),
            receipts=[told(situation, ReceiptKind.ACCEPTED)],
            advances=[Advance(0, 0, 1), Advance(1, 0, 1)],
        )

    assert await merged_offsets(pool, a_log("second")) == {0: 5, 1: 0}
    assert await tallied(pool, situation.alert) == {State.PENDING: 1}
    assert (await situation.row())["work"] == "claimed"


async def test_a_partition_nobody_started_is_not_moved(pool: Pool) -> None:
    with pytest.raises(OffsetMovedError):
        await merge(pool, a_log("never"), receipts=[], advances=[Advance(0, 0, 1)])


async def test_starting_leaves_a_partition_that_was_merged_before(pool: Pool) -> None:
    await start_partitions(pool, a_log("left"), known={}, starts={0: 3})

    await start_partitions(pool, a_log("left"), known={0: 3}, starts={0: 3, 1: 0})

    assert await merged_offsets(pool, a_log("left")) == {0: 3, 1: 0}


async def test_starting_elsewhere_moves_a_partition_that_has_lost_records(pool: Pool) -> None:
    log = a_log("lost")
    await start_partitions(pool, log, known={}, starts={0: 900})

    await start_partitions(pool, log, known={0: 900}, starts={0: 950})

    assert await merged_offsets(pool, log) == {0: 950}


async def test_of_a_topic_made_anew_nothing_is_merged(pool: Pool) -> None:
    await start_partitions(pool, a_log("anew"), known={}, starts={0: 900})

    assert await merged_offsets(pool, a_log("anew", made=2)) == {}


async def test_starting_in_a_topic_made_anew_leaves_the_old_offsets_behind(pool: Pool) -> None:
    await start_partitions(pool, a_log("renewed"), known={}, starts={0: 900, 1: 50})

    await start_partitions(pool, a_log("renewed", made=2), known={}, starts={0: 0})

    assert await merged_offsets(pool, a_log("renewed", made=2)) == {0: 0}
    assert await merged_offsets(pool, a_log("renewed")) == {1: 50}


async def test_a_merger_that_still_reads_the_old_topic_changes_nothing(pool: Pool) -> None:
    await start_partitions(pool, a_log("old"), known={}, starts={0: 0})
    await start_partitions(pool, a_log("old", made=2), known={}, starts={0: 0})

    with pytest.raises(OffsetMovedError):
        await merge(pool, a_log("old"), receipts=[], advances=[Advance(0, 0, 5)])


async def test_starting_elsewhere_is_refused_where_another_merger_was_quicker(pool: Pool) -> None:
    await start_partitions(pool, a_log("quick"), known={}, starts={0: 900})

    with pytest.raises(OffsetMovedError):
        await start_partitions(pool, a_log("quick"), known={0: 800}, starts={0: 0})

    assert await merged_offsets(pool, a_log("quick")) == {0: 900}
