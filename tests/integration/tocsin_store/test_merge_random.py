"""Whatever order receipts come in, and however often: states climb, and tallies add up."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.receipts import merged, told
from tests.support.world import Situation, states_of, tallied, waiting
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import RANK, STATE_OF, ReceiptKind, State
from tocsin_store.pool import open_pool

DELIVERIES = 3
RETRYABLE = (ReceiptKind.REFUSED, ReceiptKind.UNKNOWN)
Step = tuple[int, ReceiptKind, int]

steps = st.lists(
    st.tuples(st.integers(0, DELIVERIES - 1), st.sampled_from(ReceiptKind), st.integers(0, 2)), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, min_size=1, max_size=3), claims=st.integers(0, 2), repeats=st.booleans())
def test_the_highest_state_wins_and_tallies_add_up(
    database_url: str, history: list[list[Step]], claims: int, *, repeats: bool
) -> None:
    asyncio.run(_checked(database_url, history, claims=claims, repeats=repeats))


async def _checked(database_url: str, history: list[list[Step]], *, claims: int, repeats: bool) -> None:
    async with await open_pool(database_url, size=2, application_name="random") as pool:
        situation = await waiting(pool, DELIVERIES)
        seen: list[dict[State, int]] = []
        batches = [[_receipt(situation, step) for step in batch] for batch in history]
        for batch in (*batches, *(reversed(batches) if repeats else ())):
            if len(seen) < claims:
                await situation.claimed(token=len(seen))
            await merged(pool, batch)
            seen.append(await tallied(pool, situation.alert))
            assert seen[-1] == await states_of(pool, situation.alert)
        await _is_the_highest(situation, [receipt for batch in batches for receipt in batch])
        _climbed(seen)


def _receipt(situation: Situation, step: Step) -> Receipt:
    number, kind, fence = step
    due_in = timedelta(minutes=fence) if kind in RETRYABLE else None
    return told(situation, kind, number=number, fence=fence, due_in=due_in)


async def _is_the_highest(situation: Situation, receipts: Sequence[Receipt]) -> None:
    for number, delivery in enumerate(situation.ids):
        ranks = [RANK[STATE_OF[receipt.kind]] for receipt in receipts if receipt.delivery_id == delivery]
        row = await situation.row(number)
        assert RANK[State(row["state"])] == max(ranks, default=0)
        due = await situation.due(number)
        assert row["work"] == "waiting" or due is None


def _climbed(seen: Sequence[dict[State, int]]) -> None:
    def low(states: dict[State, int], rank: int) -> int:
        return sum(n for state, n in states.items() if RANK[state] <= rank)

    for earlier, later in pairwise(seen):
        assert all(low(later, rank) <= low(earlier, rank) for rank in range(7))
