"""Closing: every version that has ended is settled, and what a worker still has in hand is waited for calmly."""

import pytest

from dispatcher.closing import Closer
from tests.support.changes import cancelled
from tests.support.receipts import merged, told
from tests.support.world import emptied, states_of, waiting
from tocsin_schemas.words import ReceiptKind, State
from tocsin_store import settle
from tocsin_store.pool import Pool


@pytest.fixture(autouse=True)
async def _nothing_else_ends(pool: Pool) -> None:
    await emptied(pool)


class Clock:
    """A second passes whenever somebody looks."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


async def test_what_waits_is_closed_and_then_the_version_is_settled(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await cancelled(situation)
    closer = Closer(pool)

    moved = [await closer.close() for _ in range(3)]

    assert moved == [True, True, False]
    assert await states_of(pool, situation.alert) == {State.CANCELLED: 3}
    assert await settle.over(pool) == []


async def test_an_expired_alert_is_completed(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await pool.execute("UPDATE alert SET expires_at = now()")
    closer = Closer(pool)

    while await closer.close():
        pass

    assert await pool.fetchval("SELECT state FROM alert WHERE id = $1", situation.alert) == "completed"


async def test_after_a_pass_that_moved_nothing_it_rests_for_a_multiple_of_it(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await cancelled(situation)
    clock = Clock()
    closer = Closer(pool, clock=clock)
    await closer.close()
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    resting = await closer.close()
    clock.now += 60

    assert (resting, await closer.close()) == (False, True)
    assert await settle.over(pool) == []
