"""Offsets advance by compare-and-set in the transaction of the merge."""

import pytest

from tests.support.receipts import told
from tests.support.world import tallied, waiting
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store.merge import Advance, OffsetMovedError, merge, merged_offsets, start_partitions
from tocsin_store.pool import Pool


async def test_a_merge_moves_its_partitions_on(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await start_partitions(pool, topic="moves", known={}, starts={0: 0, 1: 7})

    await merge(
        pool,
        topic="moves",
        receipts=[told(situation, ReceiptKind.ACCEPTED)],
        advances=[Advance(1, 7, 9), Advance(0, 0, 1)],
    )

    assert await merged_offsets(pool, topic="moves") == {0: 1, 1: 9}


async def test_a_second_merger_changes_nothing(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await start_partitions(pool, topic="second", known={}, starts={0: 0, 1: 0})
    await merge(pool, topic="second", receipts=[], advances=[Advance(0, 0, 5)])

    with pytest.raises(OffsetMovedError):
        await merge(
            pool,
            topic="second",
            receipts=[told(situation, ReceiptKind.ACCEPTED)],
            advances=[Advance(0, 0, 1), Advance(1, 0, 1)],
        )

    assert await merged_offsets(pool, topic="second") == {0: 5, 1: 0}
    assert await tallied(pool, situation.alert) == {State.PENDING: 1}
    assert (await situation.row())["work"] == "claimed"


async def test_a_partition_nobody_started_is_not_moved(pool: Pool) -> None:
    with pytest.raises(OffsetMovedError):
        await merge(pool, topic="never", receipts=[], advances=[Advance(0, 0, 1)])


async def test_starting_leaves_a_partition_that_was_merged_before(pool: Pool) -> None:
    await start_partitions(pool, topic="left", known={}, starts={0: 3})

    await start_partitions(pool, topic="left", known={0: 3}, starts={0: 3, 1: 0})

    assert await merged_offsets(pool, topic="left") == {0: 3, 1: 0}


async def test_starting_elsewhere_moves_a_partition_whose_log_was_made_anew(pool: Pool) -> None:
    await start_partitions(pool, topic="anew", known={}, starts={0: 900})

    await start_partitions(pool, topic="anew", known={0: 900}, starts={0: 0})

    assert await merged_offsets(pool, topic="anew") == {0: 0}


async def test_starting_elsewhere_is_refused_where_another_merger_was_quicker(pool: Pool) -> None:
    await start_partitions(pool, topic="quick", known={}, starts={0: 900})

    with pytest.raises(OffsetMovedError):
        await start_partitions(pool, topic="quick", known={0: 800}, starts={0: 0})

    assert await merged_offsets(pool, topic="quick") == {0: 900}
