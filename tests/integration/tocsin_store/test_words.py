"""The closed lists are the same in SQL and in Python."""

from tocsin_schemas.words import RANK, Lane, State
from tocsin_store.pool import Pool


async def members(pool: Pool, enum: str) -> list[str]:
    return [row[0] for row in await pool.fetch(f"SELECT unnest(enum_range(NULL::{enum}))::text")]


async def test_the_states_are_the_same(pool: Pool) -> None:
    assert await members(pool, "delivery_state") == [state.value for state in State]


async def test_the_lanes_are_the_same_urgent_first(pool: Pool) -> None:
    assert await members(pool, "lane") == [lane.value for lane in Lane]


async def test_the_ranks_are_the_same(pool: Pool) -> None:
    rows = await pool.fetch("SELECT s::text, state_rank(s) FROM unnest(enum_range(NULL::delivery_state)) s")

    assert {State(row["s"]): row["state_rank"] for row in rows} == RANK
