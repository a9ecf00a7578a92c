"""Everything that touches the ledger at once: nobody deadlocks, no row is lost, and every one settles."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.changes import cancelled, ended
from tests.support.holds import DOMAIN, going, held, told_of
from tests.support.receipts import fact, merged, told
from tests.support.world import Situation, emptied, states_of, tallied, waiting
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason, ReceiptKind, State
from tocsin_store import pauses, settle
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool, open_pool

COUNT = 120
ROUNDS = 25
OUTCOMES = (
    (ReceiptKind.ACCEPTED, None),
    (ReceiptKind.REFUSED, timedelta()),
    (ReceiptKind.UNKNOWN, timedelta()),
    (ReceiptKind.DEFERRED, None),
    (ReceiptKind.RELEASED, None),
    (ReceiptKind.FAILED, None),
)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


class Crowd:
    """Workers, mergers, dispatchers and operators, each with a mind of its own."""

    def __init__(self, situation: Situation, *, seed: int) -> None:
        self.situation = situation
        self.random = random.Random(seed)  # noqa: S311 - repeats a run
        self.log: list[Receipt] = []
        self.token = 0
        self.merging = asyncio.Lock()

    async def claims(self) -> None:
        self.token += 1
        some = self.random.sample(self.situation.ids, 40)
        found = await self.situation.claimed(token=self.token, ids=some)
        self.log += told_of(self.situation, found)
        self.log += [self._outcome(delivery) for delivery in found.taken if self.random.random() < 0.8]

    def _outcome(self, delivery: ClaimedDelivery) -> Receipt:
        kind, due_in = self.random.choice(OUTCOMES)
        reason = Reason.DOMAIN_SLOW if kind is ReceiptKind.DEFERRED else None
        told = fact(delivery.id, kind, alert=self.situation.alert, fence=delivery.fence, reason=reason)
        return told if due_in is None else told.model_copy(update={"due_at": told.occurred_at})

    async def merges(self) -> None:
        async with self.merging:  # a partition has one merger
            batch, self.log = self.log, []
            await merged(self.situation.pool, batch)

    async def produces(self) -> None:
        await going(self.situation.pool, limit=30)

    async def holds(self) -> None:
        await held(self.situation.pool, lasts=timedelta())

    async def resumes(self) -> None:
        await pauses.resume(self.situation.pool, channel=Channel.EMAIL, route=DOMAIN)

    async def probes(self) -> None:
        await pauses.probe(self.situation.pool)
        await pauses.release_stranded(self.situation.pool)

    async def recovers(self) -> None:
        await settle.recover_claims(
            self.situation.pool,
            alert_id=self.situation.alert,
            session=self.situation.session,
            claimed_before=None,
        )

    async def closes(self) -> None:
        await ended(self.situation, limit=50)

    async def runs(self, *, steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
        for step in self.random.choices(steps, k=ROUNDS):
            await step()


@pytest.mark.parametrize("seed", range(4))
async def test_all_at_once_nobody_deadlocks_and_everything_settles(
    pool: Pool, database_url: str, seed: int
) -> None:
    async with await open_pool(database_url, size=10, application_name="crowd") as many:
        situation = await waiting(many, COUNT)
        crowd = Crowd(situation, seed=seed)
        steps = [
            crowd.claims,
            crowd.merges,
            crowd.produces,
            crowd.holds,
            crowd.resumes,
            crowd.probes,
            crowd.recovers,
        ]
        await asyncio.gather(*(crowd.runs(steps=steps) for _ in range(8)))

        await cancelled(situation)
        await crowd.merges()
        await crowd.recovers()

    assert await ended(Situation(pool, situation.agency, situation.alert, 0, situation.ids))
    states = await states_of(pool, situation.alert)
    assert sum(states.values()) == COUNT
    assert states.get(State.PENDING, 0) == 0
    assert await tallied(pool, situation.alert) == states
    assert await pool.fetchval("SELECT count(*) FROM due") == 0


async def test_what_was_parked_by_whatever_comes_free_once_nothing_is_held(
    pool: Pool, database_url: str
) -> None:
    async with await open_pool(database_url, size=10, application_name="crowd") as many:
        situation = await waiting(many, COUNT)
        crowd = Crowd(situation, seed=9)
        steps = [crowd.claims, crowd.merges, crowd.produces, crowd.holds, crowd.resumes, crowd.probes]
        await asyncio.gather(*(crowd.runs(steps=steps) for _ in range(8)))
        await crowd.merges()
        await crowd.resumes()
        await crowd.probes()

    stuck: list[UUID] = [
        row["delivery_id"] for row in await pool.fetch("SELECT delivery_id FROM due WHERE route IS NOT NULL")
    ]
    assert stuck == []


@pytest.mark.parametrize("seed", range(4))
async def test_closing_and_merging_the_same_verdicts_do_not_deadlock(
    pool: Pool, database_url: str, seed: int
) -> None:
    async with await open_pool(database_url, size=10, application_name="crowd") as many:
        situation = await waiting(many, COUNT)
        await cancelled(situation)
        crowd = Crowd(situation, seed=seed)
        steps = [crowd.claims, crowd.claims, crowd.merges, crowd.closes]
        await asyncio.gather(*(crowd.runs(steps=steps) for _ in range(8)))
        await crowd.closes()

    assert await states_of(pool, situation.alert) == {State.CANCELLED: COUNT}
    assert await tallied(pool, situation.alert) == {State.CANCELLED: COUNT}


async def test_claims_and_closing_and_merges_at_once_account_for_every_row(pool: Pool) -> None:
    situation = await waiting(pool, 300)

    async def handed_over(start: int) -> None:
        for first in range(start, start + 100, 10):
            taken = (await situation.claimed(token=first + 1, ids=situation.ids[first : first + 10])).taken
            places = [list(situation.ids).index(delivery.id) for delivery in taken]
            await merged(pool, [told(situation, ReceiptKind.ACCEPTED, number=place) for place in places])

    async def called_off() -> None:
        await cancelled(situation)
        while not await ended(situation, limit=50):
            await asyncio.sleep(0)

    await asyncio.gather(*(handed_over(start) for start in (0, 100, 200)), called_off())

    states = await states_of(pool, situation.alert)
    assert sum(states.values()) == 300
    assert set(states) <= {State.SENT, State.CANCELLED}
    assert await tallied(pool, situation.alert) == states
