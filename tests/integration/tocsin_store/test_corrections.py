"""Corrections over time: versions that follow versions, fan-outs under way, consents withdrawn, audiences anew."""

from uuid import UUID

import pytest

from tests.support.changes import (
    a_pass,
    cancelled,
    corrected,
    ended,
    members,
    members_of,
    sent,
    tally_of,
)
from tests.support.receipts import fact, merged
from tests.support.world import (
    Resident,
    Situation,
    an_agency,
    emptied,
    fanned_out,
    ids_of,
    posted,
    settled_in,
    states_of,
    tallied,
    waiting,
)
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Reason, ReceiptKind, State
from tocsin_store.fan_out import insert_chunk
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session


@pytest.fixture(autouse=True)
async def _no_other_correction(pool: Pool) -> None:
    await emptied(pool)


async def test_a_third_version_goes_to_whom_any_earlier_one_reached_once_each(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await sent(situation, 2)
    await corrected(situation)
    await a_pass(pool)
    second = [id_ for id_ in await ids_of(pool, situation.alert) if id_ not in situation.ids]
    await situation.claimed(ids=second[:1], token=5)
    await merged(pool, [_accepted(situation, second[0], version=2)])

    await corrected(situation)
    await a_pass(pool)

    assert await members_of(pool, situation.alert, version=3) == await members(situation, [0, 1])


def _accepted(situation: Situation, delivery: UUID, *, version: int) -> Receipt:
    told_of = fact(delivery, ReceiptKind.ACCEPTED, alert=situation.alert)
    return told_of.model_copy(update={"alert_version": version})


async def test_a_correction_of_an_alert_still_fanning_out_reaches_those_it_had_reached(pool: Pool) -> None:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 5)
    alert = await posted(pool, agency)
    await insert_chunk(pool, limit=2)
    situation = Situation(
        pool, agency, alert, await open_session(pool, worker="t"), await ids_of(pool, alert)
    )
    await sent(situation, 2)
    await corrected(situation)
    await a_pass(pool, limit=2)

    await fanned_out(pool, limit=2)

    assert await members_of(pool, alert, version=2) == await members(situation, [0, 1])
    assert await tally_of(pool, alert, version=1) == {State.SENT: 2, State.CANCELLED: 3}
    assert await ended(situation)


async def test_consent_withdrawn_since_is_the_claims_verdict(pool: Pool) -> None:
    situation = await waiting(pool)
    await sent(situation, 1)
    await pool.execute("UPDATE consent SET valid_until = now()")
    await corrected(situation)

    await a_pass(pool)

    [new] = [id_ for id_ in await ids_of(pool, situation.alert) if id_ not in situation.ids]
    claims = await situation.claimed(ids=[new], token=3)
    assert [verdict.reason for verdict in claims.verdicts] == [Reason.CONSENT_WITHDRAWN]


async def test_a_correction_cancelled_before_it_went_is_accounted_for(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await sent(situation, 2)
    await corrected(situation)
    await cancelled(situation)

    await a_pass(pool)

    assert await tally_of(pool, situation.alert, version=2) == {State.CANCELLED: 2}
    assert await ended(situation, version=2)


async def test_an_update_to_the_audience_goes_to_everyone_and_supersedes_what_waits(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await sent(situation, 1)
    await settled_in(pool, situation.agency, [Resident()])
    version = await corrected(situation, to_reached=False)
    claim = await situation.claimed(ids=situation.ids[1:], token=7)

    made = await fanned_out(pool)

    assert {verdict.reason for verdict in claim.verdicts} == {Reason.SUPERSEDED}
    assert (made, await ended(situation)) == (4, True)
    assert await tally_of(pool, situation.alert, version=1) == {State.SENT: 1, State.CANCELLED: 2}
    assert await tally_of(pool, situation.alert, version=version) == {State.PENDING: 4}
    assert await tallied(pool, situation.alert) == await states_of(pool, situation.alert)
    assert {(await situation.row(n))["reason"] for n in (1, 2)} == {Reason.SUPERSEDED}
