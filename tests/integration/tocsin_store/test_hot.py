"""The ledger's updates stay on their page (design, section 6)."""

from tests.support.eventually import eventually
from tests.support.receipts import merged, told
from tests.support.world import waiting
from tocsin_schemas.words import ReceiptKind
from tocsin_store.pool import Pool

COUNT = 5_000
UPDATED = "SELECT coalesce(sum({column}), 0)::int FROM pg_stat_user_tables WHERE relname LIKE 'delivery_2%'"


async def test_nine_of_ten_updates_of_claim_and_merge_are_hot(pool: Pool) -> None:
    situation = await waiting(pool, COUNT)

    for start in range(0, COUNT, 200):
        await situation.claimed(ids=situation.ids[start : start + 200], token=start)
    for start in range(0, COUNT, 1_000):
        numbers = range(start, start + 1_000)
        await merged(pool, [told(situation, ReceiptKind.ACCEPTED, number=number) for number in numbers])

    await eventually(lambda: _counted(pool), within=20)
    hot = await pool.fetchval(UPDATED.format(column="n_tup_hot_upd"))
    assert hot >= 0.9 * 2 * COUNT


async def _counted(pool: Pool) -> bool:
    await pool.fetchval("SELECT pg_stat_force_next_flush()")
    updates: int = await pool.fetchval(UPDATED.format(column="n_tup_upd"))
    return updates >= 2 * COUNT
