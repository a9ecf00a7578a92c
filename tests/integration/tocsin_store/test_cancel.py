"""Cancel: from the commit on nothing is handed over, what waits is settled, and every row is accounted for."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support.changes import cancelled, ended, is_under_way, outboxed
from tests.support.eventually import eventually
from tests.support.receipts import merged, told
from tests.support.world import (
    BODY,
    PURPOSE,
    SQUARE,
    Resident,
    Situation,
    an_agency,
    closed,
    emptied,
    fanned_out,
    ids_of,
    posted,
    settled_in,
    states_of,
    tallied,
    waiting,
)
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind, Severity, State
from tocsin_store import enqueue, new_alerts, settle
from tocsin_store.fan_out import insert_chunk
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session
from tocsin_store.settle import AlertVersion


async def test_after_a_cancel_a_claim_takes_nothing_and_says_why(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await cancelled(situation)

    claims = await situation.claimed()

    assert claims.taken == []
    assert {(verdict.kind, verdict.reason) for verdict in claims.verdicts} == {
        (ReceiptKind.CANCELLED, Reason.ALERT_CLOSED)
    }


async def test_a_cancel_waits_for_a_claim_in_flight_and_nothing_is_claimed_after_it(pool: Pool) -> None:
    situation = await waiting(pool, 20)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM delivery WHERE id = $1 FOR UPDATE", situation.ids[9])
        claiming = asyncio.create_task(situation.claimed(ids=situation.ids[:10]))
        await eventually(lambda: waiters(pool, count=1))
        cancelling = asyncio.create_task(cancelled(situation))
        await eventually(lambda: waiters(pool, count=2))
        assert not cancelling.done()

    before = await claiming
    await cancelling
    after = await situation.claimed(token=2)

    assert (len(before.taken), after.taken) == (10, [])
    assert len(after.verdicts) == 10


async def waiters(pool: Pool, *, count: int) -> bool:
    found: int = await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return found >= count


async def test_what_waits_is_settled_page_by_page_and_told_to_everyone_alike(pool: Pool) -> None:
    situation = await waiting(pool, 5)
    await situation.is_due(2)
    await cancelled(situation)

    pages = await closed(pool, situation.alert, limit=2)

    receipts = await outboxed(situation)
    timeline = await pool.fetch("SELECT id, kind, reason FROM receipt WHERE alert_id = $1", situation.alert)
    assert pages == [2, 2, 1]
    assert {(receipt.id, receipt.kind, receipt.reason) for receipt in receipts} == {
        tuple(row) for row in timeline
    }
    assert len(timeline) == 5
    assert (
        await tallied(pool, situation.alert) == await states_of(pool, situation.alert) == {State.CANCELLED: 5}
    )
    assert await situation.due(2) is None
    assert await merged(pool, receipts) == 0


async def test_what_is_claimed_is_settled_by_its_own_receipts(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await situation.claimed()
    await cancelled(situation)
    too_early = await ended(situation)

    await merged(
        pool,
        [
            told(situation, ReceiptKind.ACCEPTED),
            told(situation, ReceiptKind.REFUSED, number=1, due_in=timedelta(minutes=5)),
            told(situation, ReceiptKind.RELEASED, number=2),
        ],
    )

    assert not too_early
    assert await ended(situation)
    assert await states_of(pool, situation.alert) == {State.SENT: 1, State.CANCELLED: 2}
    assert await tallied(pool, situation.alert) == await states_of(pool, situation.alert)


async def test_what_a_dead_session_held_of_a_cancelled_alert_is_settled_after_recovery(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed()
    await cancelled(situation)
    too_early = await ended(situation)

    await settle.recover_claims(
        pool, alert_id=situation.alert, session=situation.session, claimed_before=None
    )

    assert situation.alert in await settle.unsettled_alerts(pool)
    assert (too_early, await ended(situation)) == (False, True)
    assert (
        await tallied(pool, situation.alert) == await states_of(pool, situation.alert) == {State.CANCELLED: 2}
    )
    assert await situation.due() is None


async def test_a_row_another_transaction_holds_is_closed_in_the_next_pass(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await cancelled(situation)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM delivery WHERE id = $1 FOR UPDATE", situation.ids[1])

        first = await closed(pool, situation.alert)

    assert (first, await closed(pool, situation.alert)) == ([2], [1])


async def test_a_fan_out_under_way_goes_on_and_its_rows_are_born_cancelled(pool: Pool) -> None:
    await emptied(pool)
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 5)
    alert = await posted(pool, agency)
    await insert_chunk(pool, limit=2)
    situation = Situation(
        pool, agency, alert, await open_session(pool, worker="t"), await ids_of(pool, alert)
    )
    await cancelled(situation)
    too_early = await ended(situation)

    made = await fanned_out(pool, limit=2)

    assert (too_early, made, await ended(situation)) == (False, 3, True)
    assert await tallied(pool, alert) == await states_of(pool, alert) == {State.CANCELLED: 5}
    assert await pool.fetchval("SELECT sum(deliveries) FROM chunk WHERE alert_id = $1", alert) == 2
    assert len(await outboxed(situation)) == 5


async def test_the_fan_out_of_an_alert_in_force_goes_before_one_that_only_accounts(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 3)
    called_off = await posted(pool, agency)
    situation = Situation(pool, agency, called_off, 0, [])
    await cancelled(situation)
    in_force = await posted(pool, agency)

    first = await insert_chunk(pool)

    assert first is not None
    assert first.alert_id == in_force
    await fanned_out(pool)
    assert await states_of(pool, called_off) == {State.CANCELLED: 3}


async def test_a_chunk_of_a_cancelled_alert_is_not_for_kafka(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await pool.execute("UPDATE chunk SET settled_at = now() WHERE alert_id <> $1", situation.alert)
    before = await next_over(pool)
    await cancelled(situation)

    assert (before, await next_over(pool)) == (False, True)


async def next_over(pool: Pool) -> bool | None:
    async with enqueue.next_chunk(pool, channel=Channel.EMAIL, lane=Lane.URGENT) as (_, chunk):
        return None if chunk is None else chunk.over


async def test_a_scheduled_alert_cancelled_before_its_time_writes_to_nobody(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()])
    situation = Situation(pool, agency, await scheduled(pool, agency), 0, [])
    await fanned_out(pool)

    await cancelled(situation)

    await pool.execute("UPDATE fan_out SET not_before = now() WHERE alert_id = $1", situation.alert)
    assert await fanned_out(pool) == 0
    assert not await is_under_way(pool, situation.alert)
    assert await ended(situation)
    assert await ids_of(pool, situation.alert) == []


async def scheduled(pool: Pool, agency: UUID) -> UUID:
    begins = datetime.now(UTC) + timedelta(hours=1)
    async with pool.acquire() as connection, connection.transaction():
        alert = await new_alerts.insert(
            connection,
            NewAlert(
                agency_id=agency,
                lane=Lane.URGENT,
                severity=Severity.SEVERE,
                purpose=PURPOSE,
                expires_at=begins + timedelta(hours=1),
                body=BODY,
                shapes=(SQUARE,),
                channels=(Channel.EMAIL,),
                effective=begins,
            ),
        )
    return alert.id


async def test_a_cancelled_alert_stays_cancelled_when_it_expires(pool: Pool) -> None:
    situation = await waiting(pool)
    await cancelled(situation)
    version = AlertVersion(situation.alert, 1)
    was_over = version in await settle.over(pool)
    await ended(situation)
    await pool.execute("UPDATE alert SET expires_at = now() WHERE id = $1", situation.alert)

    assert situation.alert not in await settle.complete(pool)
    assert (was_over, version in await settle.over(pool)) == (True, False)
    assert situation.alert not in await settle.unsettled_alerts(pool)
