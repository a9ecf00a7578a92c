"""The ledger's daily partitions, made ahead."""

from tocsin_store.pool import Pool

DAYS_AHEAD = 7


async def make_ahead(pool: Pool) -> bool:
    """Make today's and the next seven days' partitions where they are missing."""
    await pool.fetchval("SELECT ensure_partitions((now() AT TIME ZONE 'UTC')::date, $1)", 1 + DAYS_AHEAD)
    return False
