"""Corrections: who was reached gets the next version once, on what reached them; nobody else does."""

from datetime import timedelta

import pytest

from tests.support.changes import (
    a_pass,
    corrected,
    ended,
    is_under_way,
    members,
    members_of,
    sent,
    tally_of,
)
from tests.support.receipts import merged, told
from tests.support.world import (
    Resident,
    Situation,
    an_agency,
    emptied,
    fanned_out,
    ids_of,
    posted,
    settled_in,
    waiting,
)
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store import reached, settle
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session


@pytest.fixture(autouse=True)
async def _no_other_correction(pool: Pool) -> None:
    await emptied(pool)


REACHED = {"sent": 0, "delivered": 1, "ambiguous": 2, "resent and then refused": 3, "held by the dead": 4}
NOT_REACHED = {
    "refused": 5,
    "bounced": 6,
    "suppressed": 7,
    "given back": 8,
    "deferred": 9,
    "never claimed": 10,
}


async def a_history(pool: Pool) -> Situation:
    """One delivery of each kind."""
    situation = await waiting(pool, len(REACHED) + len(NOT_REACHED))
    died = await open_session(pool, worker="dies")
    await situation.claimed(ids=[situation.ids[4]], session=died)
    await settle.recover_claims(pool, alert_id=situation.alert, session=died, claimed_before=None)
    ids = [*situation.ids[:4], *situation.ids[5:10]]
    await situation.claimed(ids=ids, token=2)
    soon = timedelta(minutes=1)
    await merged(
        pool,
        [
            told(situation, ReceiptKind.ACCEPTED, number=0),
            told(situation, ReceiptKind.DELIVERED, number=1),
            told(situation, ReceiptKind.UNKNOWN, number=2, due_in=soon),
            told(situation, ReceiptKind.UNKNOWN, number=3, due_in=timedelta()),
            told(situation, ReceiptKind.REFUSED, number=5, due_in=soon),
            told(situation, ReceiptKind.ACCEPTED, number=6),
            told(situation, ReceiptKind.FAILED, number=6, reason=Reason.ADDRESS_UNKNOWN, status="dsn"),
            told(situation, ReceiptKind.RELEASED, number=8),
            told(situation, ReceiptKind.DEFERRED, number=9, reason=Reason.DOMAIN_SLOW),
        ],
    )
    await merged(pool, [told(situation, ReceiptKind.SUPPRESSED, number=7)])
    await situation.claimed(ids=[situation.ids[3]], token=3)
    await merged(pool, [told(situation, ReceiptKind.REFUSED, number=3, fence=2, due_in=soon)])
    return situation


async def test_a_correction_follows_those_reached_and_nobody_else(pool: Pool) -> None:
    situation = await a_history(pool)
    expected = await members(situation, list(REACHED.values()))
    version = await corrected(situation)

    await a_pass(pool)

    assert await members_of(pool, situation.alert, version=version) == expected
    assert not await is_under_way(pool, situation.alert)


async def test_closing_the_old_version_changes_nothing_about_who_was_reached(pool: Pool) -> None:
    situation = await a_history(pool)
    expected = await members(situation, list(REACHED.values()))
    version = await corrected(situation)
    await ended(situation)

    await a_pass(pool)

    assert await members_of(pool, situation.alert, version=version) == expected


async def test_it_goes_to_the_contact_point_and_channel_that_was_reached(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident(addresses=2)])
    alert = await posted(pool, agency)
    await fanned_out(pool)
    situation = Situation(
        pool, agency, alert, await open_session(pool, worker="t"), await ids_of(pool, alert)
    )
    await sent(situation, 1)
    await corrected(situation)

    await a_pass(pool)

    rows = await pool.fetch(
        "SELECT contact_point_id, channel FROM delivery WHERE alert_id = $1 AND alert_version = 2", alert
    )
    first = await situation.row(0)
    assert [tuple(row) for row in rows] == [(first["contact_point_id"], first["channel"])]


async def test_one_claimed_at_the_first_pass_is_followed_later_and_holds_nobody_else(pool: Pool) -> None:
    situation = await waiting(pool, 4)
    await sent(situation, 2)
    await situation.claimed(ids=situation.ids[2:], token=2)
    await corrected(situation)

    first = await a_pass(pool)
    second = await a_pass(pool)
    await merged(
        pool,
        [
            told(situation, ReceiptKind.ACCEPTED, number=2),
            told(situation, ReceiptKind.REFUSED, number=3, due_in=timedelta(minutes=1)),
        ],
    )
    third = await a_pass(pool)

    assert (sum(first), sum(second), sum(third)) == (2, 0, 1)
    assert not await is_under_way(pool, situation.alert)
    assert await members_of(pool, situation.alert, version=2) == await members(situation, [0, 1, 2])


async def test_later_passes_read_those_alone_that_were_claimed(pool: Pool) -> None:
    situation = await waiting(pool, 30)
    await sent(situation, 20)
    await situation.claimed(ids=situation.ids[28:], token=2)
    await corrected(situation)
    await a_pass(pool, limit=10)

    chunks = await a_pass(pool, limit=10)

    assert len(chunks) == 1
    assert await is_under_way(pool, situation.alert)


async def test_a_pass_waits_until_its_barrier_is_passed(pool: Pool) -> None:
    situation = await waiting(pool)
    await sent(situation, 1)
    await corrected(situation)
    until = await reached.newest_without_barrier(pool)
    assert until is not None
    await reached.set_barrier(pool, {4: 10}, until=until)
    too_early = await reached.insert_reached(pool)

    (barrier,) = await reached.barriers(pool)
    await reached.pass_barrier(pool, barrier)

    chunk = await reached.insert_reached(pool)
    assert (barrier, too_early) == ({4: 10}, None)
    assert chunk is not None
    assert chunk.deliveries == 1


async def test_a_barrier_that_cannot_be_passed_is_taken_again(pool: Pool) -> None:
    situation = await waiting(pool)
    await sent(situation, 1)
    await corrected(situation)
    until = await reached.newest_without_barrier(pool)
    assert until is not None
    await reached.set_barrier(pool, {4: 10}, until=until)

    await reached.take_barrier_back(pool, {4: 10})

    assert await reached.newest_without_barrier(pool) == until
    assert await a_pass(pool) == [1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_however_it_is_paged_each_gets_one_and_members_are_counted_once(pool: Pool, limit: int) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident(addresses=2)] * 3)
    alert = await posted(pool, agency)
    await fanned_out(pool)
    situation = Situation(
        pool, agency, alert, await open_session(pool, worker="t"), await ids_of(pool, alert)
    )
    await sent(situation, 5)
    await situation.claimed(ids=situation.ids[5:], token=2)
    await corrected(situation)
    await a_pass(pool, limit=limit)
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED, number=5)])

    await a_pass(pool, limit=limit)

    counted = await pool.fetchval("SELECT members FROM fan_out WHERE alert_id = $1 AND version = 2", alert)
    assert counted == 3
    assert len(await members_of(pool, alert, version=2)) == 6
    assert await tally_of(pool, alert, version=2) == {State.PENDING: 6}
