"""What the merge makes of facts about texts: ids of providers, what is billed, doubts that end, words to stop."""

from datetime import timedelta

import pytest

from tests.support.receipts import LOG, merged
from tests.support.texts import text_fact, texting
from tests.support.world import Situation, emptied, states_of, tallied
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store.merge import Merged, merge
from tocsin_store.pool import Pool, Row
from tocsin_store.settle import recover_claims

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def text(pool: Pool) -> Situation:
    """One text, claimed."""
    await emptied(pool)
    situation = await texting(pool)
    await situation.claimed()
    return situation


async def message(pool: Pool, ref: str) -> Row:
    row = await pool.fetchrow("SELECT * FROM provider_message WHERE ref = $1", ref)
    assert row is not None
    return row


async def test_what_a_provider_took_is_known_by_its_id_and_asked_after(text: Situation) -> None:
    accepted = text_fact(text, ReceiptKind.ACCEPTED, ref="SM1", segments=2, cost=926, attempt=1)

    await merged(text.pool, [accepted, accepted])

    row = await message(text.pool, "SM1")
    assert (row["delivery_id"], row["fence"], row["agency_id"]) == (text.ids[0], 1, text.agency)
    assert row["poll_at"] - row["accepted_at"] == timedelta(minutes=10)
    told = await text.pool.fetchrow("SELECT provider_ref, segments, cost FROM receipt")
    assert told is not None
    assert tuple(told) == ("SM1", 2, 926)


@pytest.mark.parametrize("order", [1, -1])
async def test_an_end_is_an_end_whether_told_before_or_after_the_accept(text: Situation, order: int) -> None:
    facts = [
        text_fact(text, ReceiptKind.ACCEPTED, ref="SM1", attempt=1),
        text_fact(text, ReceiptKind.DELIVERED, ref="SM1", status="delivered"),
    ]

    for receipt in facts[::order]:
        await merged(text.pool, [receipt])

    row = await message(text.pool, "SM1")
    assert row["ended_at"] is not None
    assert row["poll_at"] is None
    ended = await text.row()
    assert (ended["state"], ended["work"], ended["attempts"]) == ("delivered", "none", 1)


async def test_a_text_is_billed_once_however_often_it_is_told(text: Situation) -> None:
    accepted = text_fact(text, ReceiptKind.ACCEPTED, ref="SM1", segments=3, cost=1389, attempt=1)

    for _ in range(2):
        await merged(text.pool, [accepted])
    await merged(text.pool, [text_fact(text, ReceiptKind.ACCEPTED, ref="SM1", status="sending")])

    billed = await text.pool.fetch("SELECT bucket, n FROM tally_delta WHERE bucket < -1 ORDER BY bucket")
    assert [tuple(row) for row in billed] == [(-3, 1389), (-2, 3)]
    assert await tallied(text.pool, text.alert) == await states_of(text.pool, text.alert)


async def test_a_handset_that_was_off_is_tried_again_and_stays_sent(text: Situation) -> None:
    await merged(text.pool, [text_fact(text, ReceiptKind.ACCEPTED, ref="SM1", attempt=1)])

    off = text_fact(text, ReceiptKind.FAILED, ref="SM1", status="undelivered 30003", due_in=5 * MINUTE)
    await merged(text.pool, [off])

    row, due = await text.row(), await text.due()
    assert (row["state"], row["work"]) == ("sent", "waiting")
    assert due is not None
    assert due["kind"] == "send"


async def test_a_doubt_about_a_later_attempt_is_looked_up_although_the_first_was_sent(
    text: Situation,
) -> None:
    await merged(
        text.pool,
        [
            text_fact(text, ReceiptKind.ACCEPTED, ref="SM1", attempt=1),
            text_fact(text, ReceiptKind.FAILED, ref="SM1", status="undelivered 30003", due_in=-MINUTE),
        ],
    )
    await text.claimed(token=2)

    await merged(text.pool, [text_fact(text, ReceiptKind.UNKNOWN, fence=2, attempt=2, due_in=-MINUTE)])
    doubted = await text.due()
    await text.claimed(token=3)
    await merged(text.pool, [text_fact(text, ReceiptKind.RELEASED, fence=3, reason=Reason.HAND_OVER_LATE)])

    released = await text.due()
    assert doubted is not None
    assert released is not None
    assert (doubted["kind"], released["kind"]) == ("resolve", "resolve")


async def test_what_was_looked_up_and_is_absent_goes_again_and_spent_no_attempt(text: Situation) -> None:
    await merged(text.pool, [text_fact(text, ReceiptKind.UNKNOWN, attempt=1, due_in=-MINUTE)])
    await text.claimed(token=2)

    absent = text_fact(text, ReceiptKind.REFUSED, fence=2, reason=Reason.NOT_FOUND, due_in=timedelta())
    await merged(text.pool, [absent])

    row, due = await text.row(), await text.due()
    assert (row["attempts"], row["ambiguous"], row["work"]) == (1, 0, "waiting")
    assert due is not None
    assert due["kind"] == "send"


async def test_a_look_up_that_cannot_tell_ends_it_as_unknown_and_spent_no_attempt(text: Situation) -> None:
    await merged(text.pool, [text_fact(text, ReceiptKind.UNKNOWN, attempt=1, due_in=-MINUTE)])
    await text.claimed(token=2)

    await merged(text.pool, [text_fact(text, ReceiptKind.UNKNOWN, fence=2, attempt=1, status="?")])

    row = await text.row()
    assert (row["state"], row["work"], row["attempts"], row["ambiguous"]) == ("unknown", "none", 1, 1)


async def test_what_arrived_after_all_is_not_sent_again(text: Situation) -> None:
    await merged(text.pool, [text_fact(text, ReceiptKind.UNKNOWN, attempt=1, due_in=-MINUTE)])
    await text.claimed(token=2)
    await merged(text.pool, [text_fact(text, ReceiptKind.REFUSED, fence=2, attempt=2, due_in=MINUTE)])

    await merged(text.pool, [text_fact(text, ReceiptKind.DELIVERED, ref="SM1", status="delivered")])

    assert ((await text.row())["work"], await text.due()) == ("none", None)


async def test_a_number_that_its_provider_keeps_an_opt_out_of_is_written_to_no_more(
    text: Situation,
) -> None:
    said = text_fact(text, ReceiptKind.FAILED, status="400 21610", reason=Reason.OPTED_OUT, attempt=1)

    await merged(text.pool, [said])

    open_ones = await text.pool.fetchval("SELECT count(*) FROM consent WHERE valid_until IS NULL")
    assert open_ones == 0
    assert await states_of(text.pool, text.alert) == {State.FAILED: 1}


async def test_what_a_dead_session_held_is_looked_up_half_a_minute_later(text: Situation) -> None:
    assert (
        await recover_claims(text.pool, alert_id=text.alert, session=text.session, claimed_before=None) == 1
    )

    due = await text.pool.fetchrow("SELECT kind::text, due_at - now() AS wait FROM due")
    assert due is not None
    assert due["kind"] == "resolve"
    assert timedelta(seconds=20) < due["wait"] <= timedelta(seconds=30)


async def test_a_failure_of_what_had_arrived_is_kept_and_counted_and_changes_nothing(text: Situation) -> None:
    await merged(text.pool, [text_fact(text, ReceiptKind.DELIVERED, ref="SM1", status="delivered")])
    failed = text_fact(text, ReceiptKind.FAILED, ref="SM1", status="undelivered 30008")

    told = [await merge(text.pool, LOG, receipts=[failed], advances=[]) for _ in range(2)]

    assert told == [Merged(fresh=1, conflicts=1), Merged(fresh=0, conflicts=0)]
    assert (await text.row())["state"] == State.DELIVERED
    assert await text.pool.fetchval("SELECT count(*) FROM receipt WHERE kind = 'failed'") == 1
