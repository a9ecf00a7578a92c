"""Hand-overs that take long, break, or outlive their session: they hold nobody else, and everything settles."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from tests.support.crew import LATE, OK, StubChannel, crew
from tests.support.eventually import eventually
from tests.support.topics import values_on
from tests.support.world import Situation, emptied, states_of, waiting
from tocsin_runtime.delivery.channel import Batch, Gate, Holds, Outcome, OutcomeClass, RouteWatch, Settled
from tocsin_schemas.topics import DEAD_LETTERS
from tocsin_schemas.words import Reason, State
from tocsin_store import sessions
from tocsin_store.pool import Pool


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


class Straggling(StubChannel):
    """The last of every batch takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def send(
        self, batch: Batch, *, gate: Gate, holds: Holds, routes: RouteWatch
    ) -> AsyncIterator[Sequence[Settled]]:
        async for settled in super().send(batch, gate=gate, holds=holds, routes=routes):
            if settled[0].outcome is LATE:
                yield settled
                return
            yield settled[:-1]
            await self.let_go.wait()
            yield settled[-1:]


async def counted(situation: Situation, state: State) -> int:
    return (await states_of(situation.pool, situation.alert)).get(state, 0)


async def test_stragglers_hold_neither_permits_nor_the_receipts_of_others(
    pool: Pool, kafka_bootstrap: str
) -> None:
    situation, sender = await waiting(pool, 1_900), Straggling()

    async def all_but_the_last() -> bool:
        return await counted(situation, State.SENT) + len(sender.batches) == 1_900

    async with crew(pool, kafka_bootstrap, sender=sender):
        await eventually(all_but_the_last, within=60)
        batches, open_now = len(sender.batches), await pool.fetchval(OPEN, situation.alert)
        sender.let_go.set()
        await eventually(lambda: is_all_sent(situation), within=60)

    assert batches > 4  # more than there are permits
    assert open_now == batches


OPEN = "SELECT count(*) FROM delivery WHERE alert_id = $1 AND work = 'claimed'"


async def is_all_sent(situation: Situation) -> bool:
    return await states_of(situation.pool, situation.alert) == {State.SENT: len(situation.ids)}


class Breaking(StubChannel):
    """Breaks on the batches of one alert, before or after its first hand-over."""

    def __init__(self, alert: UUID, *, begun: bool) -> None:
        super().__init__()
        self._alert = alert
        self._begun = begun

    async def send(
        self, batch: Batch, *, gate: Gate, holds: Holds, routes: RouteWatch
    ) -> AsyncIterator[Sequence[Settled]]:
        if batch.alert_id != self._alert:
            async for settled in super().send(batch, gate=gate, holds=holds, routes=routes):
                yield settled
            return
        if self._begun:
            if not gate.may_begin(batch.begin_by):
                yield [Settled(number, LATE) for number in range(len(batch.deliveries))]
                return
            yield [Settled(0, OK)]
        raise LookupError("a defect")


@pytest.mark.parametrize(("begun", "sent", "rest"), [(False, 0, State.FAILED), (True, 1, State.UNKNOWN)])
async def test_a_channel_that_breaks_settles_its_deliveries_and_the_next_record_goes_on(
    pool: Pool, kafka_bootstrap: str, *, begun: bool, sent: int, rest: State
) -> None:
    broken, well = await waiting(pool, 20), await waiting(pool, 20)
    buried = len(await letters_of(kafka_bootstrap, broken))

    async with crew(pool, kafka_bootstrap, sender=Breaking(broken.alert, begun=begun)):
        await eventually(lambda: is_all_sent(well))
        await eventually(lambda: has_letter(kafka_bootstrap, broken, more_than=buried))
        await eventually(lambda: is_so(broken, {State.SENT: sent, rest: 20 - sent}))

    row = await broken.row(1)
    assert row["reason"] == Reason.MESSAGE_DEFECT
    assert await pool.fetchval("SELECT count(*) FROM session WHERE state = 'closed'") == 1


async def is_so(situation: Situation, expected: dict[State, int]) -> bool:
    found = await states_of(situation.pool, situation.alert)
    return found == {state: n for state, n in expected.items() if n}


async def letters_of(kafka: str, situation: Situation) -> list[bytes]:
    alert = str(situation.alert).encode()
    return [value for value in await values_on(kafka, DEAD_LETTERS) if value is not None and alert in value]


async def has_letter(kafka: str, situation: Situation, *, more_than: int) -> bool:
    return len(await letters_of(kafka, situation)) > more_than


async def test_a_claim_under_a_dead_session_is_repeated_under_the_new_one(
    pool: Pool, kafka_bootstrap: str
) -> None:
    sender = StubChannel()

    async with crew(pool, kafka_bootstrap, sender=sender):
        first = await eventually(lambda: sessions.live_heartbeats(pool))
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("UPDATE session SET state = 'dead', dead_at = now()")
            situation = await waiting(pool, 20)
        await eventually(lambda: is_all_sent(situation), within=60)

    claimed_by = await pool.fetch(
        "SELECT DISTINCT session FROM delivery WHERE alert_id = $1", situation.alert
    )
    assert {row["session"] for row in claimed_by}.isdisjoint(first)
    assert sorted(sender.given) == list(situation.ids)


async def test_an_answer_that_text_cannot_hold_is_kept_without_what_it_cannot(
    pool: Pool, kafka_bootstrap: str
) -> None:
    situation = await waiting(pool)
    rude = Outcome(OutcomeClass.PERMANENT, Reason.POLICY, "550", answer="go\0 away \udcff")

    async with crew(pool, kafka_bootstrap, sender=StubChannel(lambda _: rude)):
        await eventually(lambda: is_so(situation, {State.FAILED: 1}))

    assert await pool.fetchval("SELECT answer FROM provider_answer") == "go away ?"
