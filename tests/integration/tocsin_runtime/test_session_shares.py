"""Shares of what all workers of a kind may do together: never more than the whole, whoever comes or goes."""

import pytest

from tests.support.world import emptied
from tocsin_runtime.delivery.session import Session
from tocsin_runtime.process import Process
from tocsin_store.pool import Pool

SETTLED = 7.0
"""Seconds after which every other worker has counted a new one, or has fallen silent."""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
async def _nobody_else(pool: Pool) -> None:
    await emptied(pool)


async def opened(pool: Pool, clock: Clock) -> Session:
    session = Session(pool, worker="sharing", clock=clock)
    await session.beat(Process())
    return session


async def beaten(*workers: Session) -> None:
    for worker in workers:
        await worker.beat(Process())


async def test_a_new_worker_takes_nothing_until_all_others_know_of_it(pool: Pool) -> None:
    clock = Clock()
    first = await opened(pool, clock)
    clock.now += SETTLED
    await beaten(first)
    alone = first.share()

    second = await opened(pool, clock)
    await beaten(first)
    meanwhile = (first.share(), second.share())
    clock.now += SETTLED
    await beaten(first, second)

    assert alone == (0, 1)
    assert meanwhile == ((0, 2), (0, 0))
    assert (first.share(), second.share()) == ((0, 2), (1, 2))


async def test_who_leaves_in_good_order_leaves_its_share_to_the_others(pool: Pool) -> None:
    clock = Clock()
    first, second = await opened(pool, clock), await opened(pool, clock)
    clock.now += SETTLED
    await beaten(first, second)

    await first.close()
    await beaten(second)

    assert second.share() == (0, 1)


async def test_who_has_lost_the_ledger_has_no_share(pool: Pool) -> None:
    clock = Clock()
    worker = await opened(pool, clock)
    clock.now += SETTLED
    await beaten(worker)
    before = worker.share()

    clock.now += 5.0

    assert (before, worker.share()) == ((0, 1), (0, 0))


async def test_a_worker_that_died_unseen_keeps_its_share(pool: Pool) -> None:
    clock = Clock()
    first, second = await opened(pool, clock), await opened(pool, clock)
    clock.now += SETTLED

    await beaten(second)

    assert first.share() == (0, 0)
    assert second.share() == (1, 2)
