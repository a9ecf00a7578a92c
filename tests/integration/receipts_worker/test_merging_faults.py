"""The merge when the log or a fellow fails it: a topic made anew, lost records, a merger that stands still."""

import pytest

from tests.integration.receipts_worker.test_merging import accepted, all_sent, attempts, situation, timeline
from tests.support.crew import merging
from tests.support.topics import emptied_log, made_anew, merged_of, written
from tests.support.world import Situation
from tocsin_schemas.topics import RECEIPTS
from tocsin_store.pool import UNAVAILABLE, Pool, open_pool

__all__ = ("situation",)  # fixture


async def test_receipts_of_a_topic_made_anew_are_merged_from_its_start(
    situation: Situation, kafka_bootstrap: str
) -> None:
    async with merging(situation.pool, kafka_bootstrap):
        await written(kafka_bootstrap, accepted(situation, range(100)))
        await all_sent(situation, count=100)

        await made_anew(kafka_bootstrap, RECEIPTS)
        await written(kafka_bootstrap, accepted(situation, range(100, 600)))
        await all_sent(situation)

    assert (await timeline(situation), await attempts(situation)) == (600, [1])
    assert sum((await merged_of(situation.pool, kafka_bootstrap, RECEIPTS)).values()) == 500


async def test_a_topic_made_anew_while_nobody_merged_is_merged_from_its_start(
    situation: Situation, kafka_bootstrap: str
) -> None:
    async with merging(situation.pool, kafka_bootstrap):
        await written(kafka_bootstrap, accepted(situation, range(100)))
        await all_sent(situation, count=100)
    await made_anew(kafka_bootstrap, RECEIPTS)
    await written(kafka_bootstrap, accepted(situation, range(100, 600)))

    async with merging(situation.pool, kafka_bootstrap):
        await all_sent(situation)

    assert (await timeline(situation), await attempts(situation)) == (600, [1])


async def test_after_lost_receipts_the_merge_goes_on(situation: Situation, kafka_bootstrap: str) -> None:
    async with merging(situation.pool, kafka_bootstrap):
        await written(kafka_bootstrap, accepted(situation, range(100)))
        await all_sent(situation, count=100)
    await written(kafka_bootstrap, accepted(situation, range(100, 200)))
    await emptied_log(kafka_bootstrap, RECEIPTS)

    async with merging(situation.pool, kafka_bootstrap):
        await written(kafka_bootstrap, accepted(situation, range(200, 600)))
        await all_sent(situation, count=500)

    assert await timeline(situation) == 500


async def test_a_merger_that_stands_still_in_its_transaction_holds_nobody_up_for_long(
    situation: Situation, kafka_bootstrap: str, database_url: str
) -> None:
    async with merging(situation.pool, kafka_bootstrap):
        await written(kafka_bootstrap, accepted(situation, range(100)))
        await all_sent(situation, count=100)
    async with await open_pool(database_url, size=1, application_name="stopped") as other:
        with pytest.raises(UNAVAILABLE):
            await _standing_still(other, situation, kafka_bootstrap)

    assert (await timeline(situation), await attempts(situation)) == (600, [1])


async def _standing_still(pool: Pool, situation: Situation, kafka: str) -> None:
    async with pool.acquire() as stopped, stopped.transaction():
        await stopped.execute("UPDATE merged_offset SET next_offset = next_offset + 1")
        async with merging(situation.pool, kafka):
            await written(kafka, accepted(situation, range(100, 600)))
            await all_sent(situation)
        await stopped.fetchval("SELECT 1")
