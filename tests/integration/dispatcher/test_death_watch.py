"""Death: a heartbeat that this dispatcher itself saw stand still, without a gap."""

from datetime import timedelta

import pytest

from dispatcher.recovery import DeathWatch
from tests.support.world import emptied
from tocsin_store import sessions
from tocsin_store.pool import Pool


class Clock:
    """Stands still until moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
async def _nobody_else_lives(pool: Pool) -> None:
    await emptied(pool)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(pool: Pool, clock: Clock) -> DeathWatch:
    return DeathWatch(pool, dead_after=timedelta(seconds=10), clock=clock)


async def looked(watch: DeathWatch, clock: Clock, *, seconds: int) -> None:
    """Look every second."""
    for _ in range(seconds):
        await watch.look()
        clock.now += 1


async def test_a_heartbeat_that_stands_still_for_ten_seconds_is_death(
    pool: Pool, watch: DeathWatch, clock: Clock
) -> None:
    session = await sessions.open_session(pool, worker="w")

    await looked(watch, clock, seconds=10)
    before = await sessions.dead_sessions(pool)
    await looked(watch, clock, seconds=1)

    assert session not in before
    assert session in await sessions.dead_sessions(pool)


async def test_a_heartbeat_that_moves_is_life(pool: Pool, watch: DeathWatch, clock: Clock) -> None:
    session = await sessions.open_session(pool, worker="w")

    for _ in range(4):
        await looked(watch, clock, seconds=9)
        await sessions.heartbeat(pool, session, oldest_claim_age=None)

    assert await sessions.dead_sessions(pool) == {}


async def test_a_gap_in_looking_kills_nobody(pool: Pool, watch: DeathWatch, clock: Clock) -> None:
    session = await sessions.open_session(pool, worker="w")
    await looked(watch, clock, seconds=9)

    clock.now += 60
    await looked(watch, clock, seconds=10)

    assert session in await sessions.live_heartbeats(pool)


async def test_a_new_dispatcher_sees_for_itself(pool: Pool, clock: Clock) -> None:
    session = await sessions.open_session(pool, worker="w")
    await pool.execute("UPDATE session SET heartbeat_at = now() - interval '1 hour'")

    await DeathWatch(pool, dead_after=timedelta(seconds=10), clock=clock).look()

    assert session in await sessions.live_heartbeats(pool)
