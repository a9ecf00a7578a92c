"""A worker end to end: records in, hand-overs, receipts out, the ledger settled."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.crew import OK, StubChannel, crew
from tests.support.eventually import eventually
from tests.support.world import emptied, states_of, waiting
from tocsin_runtime.delivery.channel import Outcome, OutcomeClass, Scope
from tocsin_schemas.words import Channel, Reason, State
from tocsin_store import pauses
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool, open_pool

LATE = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)
PAUSE = Outcome(OutcomeClass.PAUSE, Reason.PROVIDER_UNREACHABLE, scope=Scope.CHANNEL)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


async def settled(pool: Pool, alert: UUID, expected: dict[State, int]) -> None:
    """Wait until the ledger says so and no work is left."""

    async def look() -> bool:
        open_ones = await pool.fetchval(
            "SELECT count(*) FROM delivery WHERE alert_id = $1 AND work <> 'none'", alert
        )
        return open_ones == 0 and await states_of(pool, alert) == expected

    await eventually(look, within=60)


async def test_everything_is_handed_over_once(pool: Pool, kafka_bootstrap: str) -> None:
    situation, sender = await waiting(pool, 450), StubChannel()

    async with crew(pool, kafka_bootstrap, sender=sender):
        await settled(pool, situation.alert, {State.SENT: 450})

    assert Counter(sender.given) == Counter(situation.ids)
    assert max(len(batch) for batch in sender.batches) <= 200
    assert await pool.fetchval("SELECT count(*) FROM session WHERE state = 'closed'") == 1


async def test_what_came_too_late_comes_again(pool: Pool, kafka_bootstrap: str) -> None:
    situation = await waiting(pool, 30)
    seen: set[UUID] = set()

    def late_at_first(delivery: ClaimedDelivery) -> Outcome:
        if delivery.id in seen:
            return OK
        seen.add(delivery.id)
        return LATE

    sender = StubChannel(late_at_first)
    async with crew(pool, kafka_bootstrap, sender=sender):
        await settled(pool, situation.alert, {State.SENT: 30})

    assert Counter(sender.given) == Counter([*situation.ids, *situation.ids])
    assert {(await situation.row(number))["attempts"] for number in range(30)} == {1}


async def test_a_pause_defers_until_a_probe_succeeds_and_spends_no_attempt(
    pool: Pool, kafka_bootstrap: str
) -> None:
    situation = await waiting(pool, 20)
    sender = StubChannel(lambda _: OK if sender.up else PAUSE, up=False)

    async with crew(pool, kafka_bootstrap, sender=sender):
        await eventually(lambda: pauses.is_held(pool, channel=Channel.EMAIL))
        await eventually(lambda: _deferred(pool))
        sender.up = True
        await settled(pool, situation.alert, {State.SENT: 20})

    assert sender.probes >= 1
    assert not await pauses.is_held(pool, channel=Channel.EMAIL)
    assert {(await situation.row(number))["attempts"] for number in range(20)} == {1}


async def _deferred(pool: Pool) -> bool:
    return bool(await pool.fetchval("SELECT count(*) FROM due"))


async def test_verdicts_become_receipts(pool: Pool, kafka_bootstrap: str) -> None:
    situation, sender = await waiting(pool, 10), StubChannel()
    await pool.execute("UPDATE consent SET valid_until = now()")

    async with crew(pool, kafka_bootstrap, sender=sender):
        await settled(pool, situation.alert, {State.SUPPRESSED: 10})

    assert sender.given == []


async def test_an_ambiguous_attempt_is_made_once_more_and_then_left_unknown(
    pool: Pool, kafka_bootstrap: str
) -> None:
    situation = await waiting(pool, 1)
    sender = StubChannel(lambda _: Outcome(OutcomeClass.AMBIGUOUS, Reason.CONNECTION_LOST))

    async with crew(pool, kafka_bootstrap, sender=sender):
        await eventually(situation.due)
        await pool.execute("UPDATE due SET due_at = now(), produce_after = now()")
        await settled(pool, situation.alert, {State.UNKNOWN: 1})

    assert sender.given == [situation.ids[0]] * 2


async def test_a_worker_waits_out_a_database_that_cuts_its_connections(
    pool: Pool, kafka_bootstrap: str, database_url: str
) -> None:
    situation, sender = await waiting(pool, 600), StubChannel()
    async with (
        await open_pool(
            database_url, size=4, application_name="cut", lock_timeout=timedelta(seconds=1)
        ) as cut,
        crew(cut, kafka_bootstrap, sender=sender),
    ):
        for _ in range(5):
            await pool.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'"
            )
            await asyncio.sleep(0)
        await settled(pool, situation.alert, {State.SENT: 600})

    assert set(sender.given) == set(situation.ids)
