"""The ledger's leaves: made ahead, once, with room for a second version of every row."""

from tocsin_store.partitions import make_ahead
from tocsin_store.pool import Pool

LEAVES = """
SELECT c.relname, c.reloptions FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE  i.inhparent = 'delivery'::regclass
"""


async def test_a_week_is_made_ahead_once(pool: Pool) -> None:
    await pool.execute(
        "DROP TABLE delivery_" + await pool.fetchval("SELECT to_char(now() + interval '3 days', 'YYYYMMDD')")
    )
    before = len(await pool.fetch(LEAVES))

    await make_ahead(pool)
    await make_ahead(pool)

    assert len(await pool.fetch(LEAVES)) == before + 1


async def test_every_leaf_has_room_for_updates_in_place(pool: Pool) -> None:
    leaves = await pool.fetch(LEAVES)

    assert {tuple(leaf["reloptions"]) for leaf in leaves} == {("fillfactor=45",)}
