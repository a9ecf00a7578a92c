"""The worker's session: what it lets begin, and what happens when it was called dead."""

import pytest

from tocsin_runtime.delivery.session import Session
from tocsin_runtime.process import Process
from tocsin_store import sessions
from tocsin_store.pool import Pool, open_pool

START = 1_000.0


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def session(pool: Pool, clock: Clock) -> Session:
    session = Session(pool, worker="test", clock=clock)
    await session.beat(Process())
    return session


async def test_a_young_claim_under_a_fresh_heartbeat_may_begin(session: Session) -> None:
    assert session.may_begin(START)


async def test_a_claim_past_its_moment_may_not_begin(session: Session, clock: Clock) -> None:
    clock.now += 0.001

    assert not session.may_begin(START)


@pytest.mark.parametrize(("silent", "may"), [(4.9, True), (5.0, False), (3_600.0, False)])
async def test_nothing_begins_under_a_stale_heartbeat(
    session: Session, clock: Clock, silent: float, *, may: bool
) -> None:
    clock.now += silent

    assert session.may_begin(float("inf")) == may


async def test_nothing_begins_before_the_first_heartbeat(pool: Pool, clock: Clock) -> None:
    assert not Session(pool, worker="test", clock=clock).may_begin(float("inf"))


async def test_a_dead_session_is_replaced(pool: Pool, session: Session) -> None:
    first = session.id
    assert first is not None
    await sessions.mark_dead(pool, first, unless_after=(await sessions.live_heartbeats(pool))[first])

    await session.beat(Process())

    assert session.id not in {None, first}
    assert session.id in await sessions.live_heartbeats(pool)


async def test_the_heartbeat_says_how_old_the_oldest_open_claim_is(
    pool: Pool, session: Session, clock: Clock
) -> None:
    with session.claiming(1):
        clock.now += 3
        with session.claiming(2):
            clock.now += 1

            await session.beat(Process())

    row = await pool.fetchrow(
        "SELECT heartbeat_at - oldest_claim AS age FROM session WHERE id = $1", session.id
    )
    assert row is not None
    assert round(row["age"].total_seconds(), 2) == 4
    await session.beat(Process())
    assert await pool.fetchval("SELECT oldest_claim FROM session WHERE id = $1", session.id) is None


async def test_a_claim_that_broke_is_open_no_more_and_its_session_is_left_to_be_found_dead(
    pool: Pool, session: Session
) -> None:
    with pytest.raises(LookupError), session.claiming(1):
        raise LookupError("a defect")

    await session.beat(Process())
    await session.close()

    row = await pool.fetchrow("SELECT state, oldest_claim FROM session WHERE id = $1", session.id)
    assert row is not None
    assert tuple(row) == ("live", None)


async def test_a_session_without_trouble_is_closed(pool: Pool, session: Session) -> None:
    with session.claiming(1):
        pass

    await session.close()

    assert await pool.fetchval("SELECT state FROM session WHERE id = $1", session.id) == "closed"


async def test_without_a_database_it_says_so_and_lets_nothing_begin() -> None:
    process = Process()
    async with await open_pool("postgresql://x:x@127.0.0.1:1/x", size=1, application_name="t") as nowhere:
        session = Session(nowhere, worker="test")

        await session.beat(process)

    assert session.id is None
    assert process.health.checks == {"database": False}
    assert not session.may_begin(float("inf"))


async def test_a_closed_session_is_live_no_more(pool: Pool, session: Session) -> None:
    await session.close()

    assert session.id not in await sessions.live_heartbeats(pool)
