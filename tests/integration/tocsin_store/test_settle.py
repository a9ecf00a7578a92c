"""Recovery, expiry and completion: set-based, with timeline, outbox and tally in the same transaction."""

from tests.support.receipts import merged, told
from tests.support.world import Situation, closed, states_of, tallied, waiting
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store import settle
from tocsin_store.outbox import holds_receipts_before, next_batch
from tocsin_store.pool import Pool
from tocsin_store.settle import AlertVersion


async def recovered(situation: Situation) -> int:
    return await settle.recover_claims(
        situation.pool, alert_id=situation.alert, session=situation.session, claimed_before=None
    )


async def outboxed(situation: Situation) -> list[Receipt]:
    """The receipts of an alert on their way to Kafka."""
    async with situation.pool.acquire() as connection:
        rows = [row for row in await next_batch(connection, limit=1_000) if row.key == situation.alert]
    return [Receipt.model_validate(receipt) for row in rows for receipt in row.receipts or ()]


async def expired(situation: Situation) -> int:
    await situation.pool.execute("UPDATE alert SET expires_at = now() WHERE id = $1", situation.alert)
    return sum(await closed(situation.pool, situation.alert))


async def test_what_a_dead_session_held_is_unknown_and_due_to_be_resolved(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await situation.claimed(ids=situation.ids[:2])

    freed = await recovered(situation)

    row, due = await situation.row(), await situation.due()
    assert freed == 2
    assert (row["state"], row["work"], row["reason"]) == (State.UNKNOWN, "waiting", Reason.SESSION_LOST)
    assert (row["attempts"], row["ambiguous"], row["fence"]) == (1, 1, 1)
    assert due is not None
    assert due["kind"] == "resolve"
    assert await tallied(pool, situation.alert) == await states_of(pool, situation.alert)
    assert (await situation.row(2))["work"] == "waiting"


async def test_recovery_tells_timeline_and_outbox_the_same(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed()

    await recovered(situation)

    receipts = await outboxed(situation)
    timeline = await pool.fetch("SELECT id FROM receipt WHERE alert_id = $1", situation.alert)
    assert {receipt.id for receipt in receipts} == {row["id"] for row in timeline}
    assert [(receipt.kind, receipt.fence) for receipt in receipts] == [(ReceiptKind.UNKNOWN, 1)] * 2


async def test_the_merge_knows_what_recovery_told(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await recovered(situation)

    fresh = await merged(pool, await outboxed(situation))

    row = await situation.row()
    assert fresh == 0
    assert (row["attempts"], row["ambiguous"]) == (1, 1)


async def test_an_accept_that_arrives_after_recovery_takes_the_row_off(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await recovered(situation)

    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    row = await situation.row()
    assert (row["state"], row["work"], row["attempts"]) == (State.SENT, "none", 1)
    assert await situation.due() is None


async def test_a_claimed_row_that_is_delivered_already_is_no_work_after_recovery(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await merged(pool, [told(situation, ReceiptKind.RELEASED)])
    await situation.claimed(token=2)
    await merged(pool, [told(situation, ReceiptKind.DELIVERED, fence=1)])

    await recovered(situation)

    row = await situation.row()
    assert (row["state"], row["work"]) == (State.DELIVERED, "none")
    assert await situation.due() is None


async def test_recovery_leaves_claims_of_other_sessions_and_younger_ones(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    claimed_at = (await situation.row())["claimed_at"]

    others = await settle.recover_claims(
        pool, alert_id=situation.alert, session=situation.session + 1, claimed_before=None
    )
    younger = await settle.recover_claims(
        pool, alert_id=situation.alert, session=situation.session, claimed_before=claimed_at
    )

    assert (others, younger) == (0, 0)
    assert (await situation.row())["work"] == "claimed"


async def test_expiry_settles_what_waits_and_leaves_what_is_claimed(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await situation.claimed(ids=situation.ids[:1])
    await situation.is_due(1)

    settled = await expired(situation)

    assert settled == 2
    assert (await situation.row())["work"] == "claimed"
    assert await situation.due(1) is None
    assert await tallied(pool, situation.alert) == {State.PENDING: 1, State.EXPIRED: 2}
    assert [receipt.kind for receipt in await outboxed(situation)] == [ReceiptKind.EXPIRED] * 2


async def test_the_merge_knows_what_expiry_told(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await expired(situation)

    fresh = await merged(pool, await outboxed(situation))

    assert fresh == 0
    assert await tallied(pool, situation.alert) == {State.EXPIRED: 2}


async def test_expiry_goes_page_by_page(pool: Pool) -> None:
    situation = await waiting(pool, 5)
    await pool.execute("UPDATE alert SET expires_at = now() WHERE id = $1", situation.alert)

    pages = await closed(pool, situation.alert, limit=2)

    assert pages == [2, 2, 1]


async def test_a_receipt_row_of_the_outbox_holds_a_thousand_at_most(pool: Pool) -> None:
    situation = await waiting(pool, 1_001)
    await expired(situation)

    rows = await pool.fetch(
        "SELECT jsonb_array_length(receipts) AS n FROM outbox WHERE key = $1", situation.alert
    )

    assert sorted(row["n"] for row in rows) == [1, 1_000]


async def test_an_alert_that_has_not_expired_keeps_what_waits(pool: Pool) -> None:
    situation = await waiting(pool)

    assert await closed(pool, situation.alert) == [0]
    assert AlertVersion(situation.alert, 1) not in await settle.over(pool)


async def test_an_expired_alert_is_completed_once_nothing_of_it_is_left(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed(ids=situation.ids[:1])
    await expired(situation)
    version = AlertVersion(situation.alert, 1)
    too_early = (await settle.settle_version(pool, version), await settle.complete(pool))
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    settled, completed = await settle.settle_version(pool, version), await settle.complete(pool)

    assert too_early == (False, [])
    assert settled
    assert situation.alert in completed
    assert version not in await settle.over(pool)
    assert situation.alert not in await settle.unsettled_alerts(pool)


async def test_receipts_in_the_outbox_hold_a_barrier_of_later_moments_only(pool: Pool) -> None:
    situation = await waiting(pool)
    before = await pool.fetchval("SELECT clock_timestamp() - interval '1 hour'")
    await expired(situation)

    assert not await holds_receipts_before(pool, before)
    assert await holds_receipts_before(pool, await pool.fetchval("SELECT clock_timestamp()"))
