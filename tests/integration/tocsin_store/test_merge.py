"""The merge: what each kind of receipt does to a delivery."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.receipts import fact, merged, told
from tests.support.world import Post, Situation, states_of, tallied, waiting
from tocsin_schemas.ids import delivery_id
from tocsin_schemas.words import STATE_OF, Channel, Reason, ReceiptKind, State
from tocsin_store import pauses
from tocsin_store.pool import Pool

SOON = timedelta(minutes=5)


@dataclass(frozen=True)
class Effect:
    """What an outcome leaves of a claimed row."""

    state: State
    work: str
    attempts: int
    due: str | None = None


@pytest.mark.parametrize(
    ("kind", "due_in", "effect"),
    [
        (ReceiptKind.ACCEPTED, None, Effect(State.SENT, "none", 1)),
        (ReceiptKind.DELIVERED, None, Effect(State.DELIVERED, "none", 1)),
        (ReceiptKind.ACKNOWLEDGED, None, Effect(State.ACKNOWLEDGED, "none", 1)),
        (ReceiptKind.VOICEMAIL, None, Effect(State.VOICEMAIL, "none", 1)),
        (ReceiptKind.REFUSED, SOON, Effect(State.PENDING, "waiting", 1, due="send")),
        (ReceiptKind.UNKNOWN, SOON, Effect(State.UNKNOWN, "waiting", 1, due="resolve")),
        (ReceiptKind.UNKNOWN, None, Effect(State.UNKNOWN, "none", 1)),
        (ReceiptKind.FAILED, None, Effect(State.FAILED, "none", 1)),
        (ReceiptKind.SUPPRESSED, None, Effect(State.SUPPRESSED, "none", 0)),
        (ReceiptKind.EXPIRED, None, Effect(State.EXPIRED, "none", 1)),
        (ReceiptKind.CANCELLED, None, Effect(State.CANCELLED, "none", 1)),
        (ReceiptKind.DEFERRED, None, Effect(State.PENDING, "waiting", 0, due="send")),
        (ReceiptKind.RELEASED, None, Effect(State.PENDING, "waiting", 0, due="send")),
    ],
)
async def test_an_outcome_settles_or_defers_what_was_claimed(
    pool: Pool, kind: ReceiptKind, due_in: timedelta | None, effect: Effect
) -> None:
    situation = await waiting(pool)
    await situation.claimed()

    await merged(pool, [told(situation, kind, due_in=due_in)])

    row, due = await situation.row(), await situation.due()
    kind_due = None if due is None else due["kind"]
    assert Effect(State(row["state"]), row["work"], row["attempts"], kind_due) == effect
    assert await tallied(pool, situation.alert) == {effect.state: 1}


async def test_only_an_unknown_outcome_counts_as_ambiguous(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed()

    await merged(
        pool,
        [told(situation, ReceiptKind.UNKNOWN), told(situation, ReceiptKind.REFUSED, number=1, due_in=SOON)],
    )

    assert [(await situation.row(number))["ambiguous"] for number in (0, 1)] == [1, 0]


async def test_the_reason_of_the_last_fact_that_counts_is_kept(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()

    await merged(pool, [told(situation, ReceiptKind.FAILED, reason=Reason.ADDRESS_UNKNOWN)])

    assert (await situation.row())["reason"] == Reason.ADDRESS_UNKNOWN


async def test_a_fact_that_does_not_climb_leaves_the_reason_of_a_settled_row(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.FAILED, reason=Reason.ADDRESS_UNKNOWN)])

    await merged(pool, [told(situation, ReceiptKind.EXPIRED, reason=Reason.EXPIRED)])

    row = await situation.row()
    assert (row["state"], row["reason"]) == (State.FAILED, Reason.ADDRESS_UNKNOWN)


async def test_the_same_receipt_twice_is_told_once(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    receipt = told(situation, ReceiptKind.REFUSED, due_in=SOON)

    fresh = [await merged(pool, [receipt, receipt]), await merged(pool, [receipt])]

    assert fresh == [1, 0]
    assert (await situation.row())["attempts"] == 1
    assert await pool.fetchval("SELECT count(*) FROM receipt WHERE delivery_id = $1", situation.ids[0]) == 1
    assert await tallied(pool, situation.alert) == {State.PENDING: 1}


@pytest.mark.parametrize("kind", [ReceiptKind.ACCEPTED, ReceiptKind.CANCELLED])
async def test_one_that_was_told_before_keeps_no_other_back(pool: Pool, kind: ReceiptKind) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed()
    before = told(situation, kind)
    await merged(pool, [before])

    fresh = await merged(pool, [told(situation, kind, number=1), before])

    assert fresh == 1
    assert await tallied(pool, situation.alert) == {STATE_OF[kind]: 2}


async def test_several_receipts_of_one_delivery_are_applied_in_order(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()

    fresh = await merged(
        pool, [told(situation, ReceiptKind.ACCEPTED), told(situation, ReceiptKind.DELIVERED, status="read")]
    )

    timeline = await pool.fetch(
        "SELECT kind FROM receipt WHERE delivery_id = $1 ORDER BY xid, ordinal", situation.ids[0]
    )
    assert fresh == 2
    assert [row["kind"] for row in timeline] == ["accepted", "delivered"]
    assert await states_of(pool, situation.alert) == {State.DELIVERED: 1}


async def test_a_receipt_of_no_delivery_is_kept_aside(pool: Pool) -> None:
    situation = await waiting(pool)
    nobody = delivery_id(
        situation.alert, version=9, member=situation.alert, contact_point=situation.alert, wave=0
    )
    receipt = fact(nobody, ReceiptKind.ACCEPTED, alert=situation.alert)

    fresh = await merged(pool, [receipt])

    kept = await pool.fetchrow("SELECT delivery_id, receipt FROM receipt_unmatched WHERE id = $1", receipt.id)
    assert fresh == 0
    assert kept is not None
    assert kept["delivery_id"] == nobody
    assert kept["receipt"]["kind"] == "accepted"


async def test_a_deferred_delivery_waits_for_the_pause_as_it_is_now(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    until = await _paused(lasts=timedelta(minutes=3), situation=situation)

    await merged(pool, [told(situation, ReceiptKind.DEFERRED, due_in=timedelta(hours=2))])
    due = await situation.due()
    await pauses.resume(pool, channel=Channel.EMAIL, route="*")

    assert due is not None
    assert (due["due_at"], due["produce_after"], due["route"]) == (until, until, "*")


async def test_a_deferred_delivery_is_due_now_where_the_pause_is_over(pool: Pool) -> None:
    situation = await waiting(pool)

    await merged(pool, [told(situation, ReceiptKind.DEFERRED, fence=0, due_in=timedelta(hours=2))])

    due = await situation.due()
    assert due is not None
    assert due["due_at"] <= datetime.now(UTC)


async def test_a_released_delivery_is_due_at_once(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await merged(pool, [told(situation, ReceiptKind.RELEASED)])

    again = await situation.claimed(token=2)

    assert [(delivery.id, delivery.fence, delivery.attempts) for delivery in again.taken] == [
        (situation.ids[0], 2, 0)
    ]


async def test_nothing_is_tried_again_after_the_expiry(pool: Pool) -> None:
    situation = await waiting(pool, post=Post(expires_in=timedelta(minutes=1)))
    await situation.claimed()

    await merged(pool, [told(situation, ReceiptKind.REFUSED, due_in=timedelta(hours=1))])

    due = await situation.due()
    assert due is not None
    assert due["due_at"] == await pool.fetchval("SELECT expires_at FROM alert WHERE id = $1", situation.alert)


async def _paused(*, lasts: timedelta, situation: Situation) -> datetime:
    return await pauses.hold(
        situation.pool, channel=Channel.EMAIL, route="*", reason=Reason.PROVIDER_UNREACHABLE, lasts=lasts
    )
