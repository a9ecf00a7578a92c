"""What outcomes put on hold, seen in a worker: no attempt is spent, and it ends by itself when it is well again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from dispatcher.probing import probe
from tests.support.crew import OK, StubChannel, crew
from tests.support.eventually import eventually
from tests.support.holds import DOMAIN, routes
from tests.support.world import Post, Resident, emptied, states_of, waiting
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_runtime.loops import repeat
from tocsin_schemas.words import Reason, Severity, State
from tocsin_store import pauses
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pauses import alert_route, sender_route
from tocsin_store.pool import Pool

COUNT = 30


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


@asynccontextmanager
async def probing(pool: Pool, kafka: str, sender: StubChannel) -> AsyncIterator[None]:
    """A crew whose holds are probed as soon as they may be."""

    async def soon() -> bool:
        await pool.execute("UPDATE pause SET until = now() WHERE route <> '*'")
        return await probe(pool)

    async with crew(pool, kafka, sender=sender) as process:
        task = asyncio.create_task(repeat(soon, process=process, name="probing", every=0.2))
        try:
            yield
        finally:
            process.stopping.set()
            await task


async def all_sent(pool: Pool, alert: UUID, *, count: int = COUNT) -> bool:
    return await states_of(pool, alert) == {State.SENT: count}


class Recovering(StubChannel):
    """Says the same of everything until it is well."""

    def __init__(self, trouble: Outcome) -> None:
        super().__init__(lambda _: OK if self.well else trouble)
        self.well = False


@pytest.mark.parametrize(
    ("of", "scope"),
    [
        (OutcomeClass.PAUSE, Scope.SENDER),
        (OutcomeClass.PAUSE, Scope.ALERT),
        (OutcomeClass.PAUSE, Scope.ROUTE),
        (OutcomeClass.DEFECT, None),
    ],
)
async def test_what_is_at_fault_is_held_without_an_attempt_and_resumes_by_itself(
    pool: Pool, kafka_bootstrap: str, of: OutcomeClass, scope: Scope | None
) -> None:
    situation = await waiting(pool, COUNT)
    sender = Recovering(Outcome(of, Reason.CONFIGURATION, scope=scope))
    route = {Scope.SENDER: sender_route(situation.agency), Scope.ROUTE: DOMAIN}.get(
        scope or Scope.ALERT, alert_route(situation.alert)
    )

    async with crew(pool, kafka_bootstrap, sender=sender):
        await eventually(lambda: parked(pool, route))
    tried = len(sender.given)
    sender.well = True
    async with probing(pool, kafka_bootstrap, sender):
        await eventually(lambda: all_sent(pool, situation.alert), within=60)
        await eventually(lambda: nothing_held(pool), within=60)

    assert tried <= COUNT
    assert {(await situation.row(number))["attempts"] for number in range(COUNT)} == {1}


async def parked(pool: Pool, route: str) -> bool:
    found: int = await pool.fetchval("SELECT count(*) FROM due WHERE route = $1", route)
    return found == COUNT and await routes(pool) == [route]


async def nothing_held(pool: Pool) -> bool:
    return await routes(pool) == []


async def test_probes_that_fail_let_no_more_through(pool: Pool, kafka_bootstrap: str) -> None:
    situation = await waiting(pool, COUNT)
    sender = Recovering(Outcome(OutcomeClass.PAUSE, Reason.DOMAIN_SLOW, scope=Scope.ROUTE))

    async with crew(pool, kafka_bootstrap, sender=sender):
        await eventually(lambda: parked(pool, DOMAIN))
    async with probing(pool, kafka_bootstrap, sender):
        await eventually(lambda: probed_often(pool), within=60)

    assert await pool.fetchval("SELECT passes FROM pause") == 1
    assert await states_of(pool, situation.alert) == {State.PENDING: COUNT}


async def probed_often(pool: Pool) -> bool:
    return bool(await pool.fetchval("SELECT max(probes) >= 5 FROM pause"))


async def test_a_policy_that_refuses_the_probe_keeps_the_hold(pool: Pool, kafka_bootstrap: str) -> None:
    await waiting(pool, COUNT)
    refusal = Outcome(OutcomeClass.PERMANENT, Reason.POLICY, scope=Scope.ROUTE)
    sender = Recovering(Outcome(OutcomeClass.PAUSE, Reason.POLICY, scope=Scope.ROUTE))

    async with crew(pool, kafka_bootstrap, sender=sender):
        await eventually(lambda: parked(pool, DOMAIN))
    sender.answer = lambda _: refusal
    async with probing(pool, kafka_bootstrap, sender):
        await eventually(lambda: probed_often(pool), within=60)

    assert await pool.fetchval("SELECT passes FROM pause") == 1


async def test_a_dead_domain_is_held_and_the_others_go_on(pool: Pool, kafka_bootstrap: str) -> None:
    dead = await waiting(
        pool, COUNT, resident=Resident(domain="dead.example"), post=Post(severity=Severity.EXTREME)
    )
    down = Outcome(OutcomeClass.RETRY_SAFE, Reason.DOMAIN_UNREACHABLE, scope=Scope.ROUTE)

    def answer(delivery: ClaimedDelivery) -> Outcome:
        return down if delivery.address.endswith("dead.example") else OK

    async with crew(pool, kafka_bootstrap, sender=StubChannel(answer)):
        await eventually(lambda: is_held(pool, "dead.example"))
        well = await waiting(pool, COUNT)
        await eventually(lambda: all_sent(pool, well.alert))

    assert await states_of(pool, dead.alert) == {State.PENDING: COUNT}


async def is_held(pool: Pool, route: str) -> bool:
    return route in [hold.route for hold in await pauses.in_force(pool)]


async def test_an_alert_that_is_called_spam_too_often_is_held(pool: Pool, kafka_bootstrap: str) -> None:
    situation = await waiting(pool, 1_900)  # more than are in hand at a time
    spam = Outcome(OutcomeClass.PERMANENT, Reason.SPAM, scope=Scope.ALERT)

    sender = StubChannel(lambda _: spam)

    async with crew(pool, kafka_bootstrap, sender=sender):
        await eventually(lambda: is_settled_or_parked(pool, situation.alert))

    assert await is_held(pool, alert_route(situation.alert))

    assert len(sender.given) < 1_900


async def is_settled_or_parked(pool: Pool, alert: UUID) -> bool:
    open_ones = await pool.fetchval(
        """SELECT count(*) FROM delivery d WHERE alert_id = $1 AND work <> 'none'
           AND NOT EXISTS (SELECT FROM due WHERE delivery_id = d.id AND route IS NOT NULL)""",
        alert,
    )
    return bool(open_ones == 0)
