"""Which facts may change `work` (design, section 6): the fence and the rank decide."""

from datetime import timedelta

import pytest

from tests.support.receipts import merged, told
from tests.support.world import tallied, waiting
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store.pool import Pool

SOON = timedelta(minutes=5)


async def test_an_outcome_of_an_older_fence_climbs_the_state_but_leaves_the_work(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await merged(pool, [told(situation, ReceiptKind.RELEASED)])
    await situation.claimed(token=2)

    await merged(pool, [told(situation, ReceiptKind.ACCEPTED, fence=1)])

    row = await situation.row()
    assert (row["state"], row["work"], row["fence"], row["attempts"]) == (State.SENT, "claimed", 2, 0)


async def test_a_verdict_settles_a_row_that_waits(pool: Pool) -> None:
    situation = await waiting(pool)

    await merged(pool, [told(situation, ReceiptKind.SUPPRESSED, fence=0, reason=Reason.CONSENT_WITHDRAWN)])

    row = await situation.row()
    assert (row["state"], row["work"], row["attempts"]) == (State.SUPPRESSED, "none", 0)


async def test_a_verdict_takes_a_row_that_is_due_off(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.is_due()

    await merged(pool, [told(situation, ReceiptKind.EXPIRED, fence=0)])

    assert await situation.due() is None


async def test_a_verdict_of_an_older_fence_leaves_a_claim_alone(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()

    await merged(pool, [told(situation, ReceiptKind.DEFERRED, fence=0, due_in=SOON)])

    assert (await situation.row())["work"] == "claimed"
    assert await situation.due() is None


async def test_an_outcome_finds_nothing_to_do_where_its_row_was_never_claimed(pool: Pool) -> None:
    situation = await waiting(pool)

    await merged(pool, [told(situation, ReceiptKind.REFUSED, fence=1, due_in=SOON)])

    row = await situation.row()
    assert (row["work"], row["attempts"]) == ("waiting", 0)
    assert await situation.due() is None


async def test_an_accept_after_unknown_takes_the_row_off_before_it_is_claimed_again(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await merged(pool, [told(situation, ReceiptKind.UNKNOWN, due_in=SOON)])

    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    row = await situation.row()
    assert (row["state"], row["work"], row["attempts"], row["ambiguous"]) == (State.SENT, "none", 1, 1)
    assert await situation.due() is None
    assert (await situation.claimed(token=2)).taken == []


async def test_an_accept_after_unknown_comes_too_late_once_it_is_claimed_again(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await merged(pool, [told(situation, ReceiptKind.UNKNOWN, due_in=timedelta())])
    assert len((await situation.claimed(token=2)).taken) == 1

    await merged(pool, [told(situation, ReceiptKind.ACCEPTED, fence=1)])

    row = await situation.row()
    assert (row["state"], row["work"]) == (State.SENT, "claimed")


@pytest.mark.parametrize("later", [ReceiptKind.RELEASED, ReceiptKind.UNKNOWN])
async def test_a_fact_of_equal_rank_joins_the_timeline_only(pool: Pool, later: ReceiptKind) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.REFUSED, due_in=SOON)])
    before = await situation.due()

    fresh = await merged(pool, [told(situation, later)])

    assert fresh == 1
    assert (await situation.row())["work"] == "waiting"
    assert await situation.due() == before


async def test_a_refusal_after_an_accept_does_not_send_again(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    await merged(pool, [told(situation, ReceiptKind.REFUSED, due_in=SOON)])

    assert (await situation.row())["work"] == "none"
    assert await situation.due() is None


async def test_a_failure_outranks_an_accept(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED)])

    await merged(pool, [told(situation, ReceiptKind.FAILED)])

    assert await tallied(pool, situation.alert) == {State.FAILED: 1}


async def test_a_failure_after_delivery_joins_the_timeline_only(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.DELIVERED)])

    fresh = await merged(pool, [told(situation, ReceiptKind.FAILED, reason=Reason.MAILBOX_FULL)])

    row = await situation.row()
    assert fresh == 1
    assert (row["state"], row["reason"], row["work"]) == (State.DELIVERED, None, "none")


async def test_a_retryable_outcome_on_a_delivered_row_is_no_work(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await merged(pool, [told(situation, ReceiptKind.UNKNOWN, due_in=timedelta())])
    await situation.claimed(token=2)
    await merged(pool, [told(situation, ReceiptKind.DELIVERED, fence=1)])

    await merged(pool, [told(situation, ReceiptKind.REFUSED, fence=2, due_in=SOON)])

    row = await situation.row()
    assert (row["state"], row["work"]) == (State.DELIVERED, "none")
    assert await situation.due() is None


async def test_what_is_known_to_be_unknown_stays_to_be_resolved_when_released(pool: Pool) -> None:
    situation = await waiting(pool)
    await situation.claimed(token=1)
    await merged(pool, [told(situation, ReceiptKind.UNKNOWN, due_in=timedelta())])
    await situation.claimed(token=2)

    await merged(pool, [told(situation, ReceiptKind.RELEASED, fence=2)])

    due = await situation.due()
    assert due is not None
    assert due["kind"] == "resolve"
