"""Suppressed addresses: who is not written to, and who all the same."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.holds import told_of
from tests.support.receipts import merged
from tests.support.strikes import a_neighbour, delivery_of, lifted, sent_to, struck, suppressed
from tests.support.world import Post, Situation, an_agency, emptied, fanned_out, ids_of, posted, tallied
from tocsin_schemas.words import Lane, Reason, ReceiptKind, Severity, State
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session

EXTREME = Post(severity=Severity.EXTREME)
URGENT = Post()
ROUTINE = Post(lane=Lane.ROUTINE, severity=Severity.MINOR)
DAY = timedelta(days=1)


@pytest.fixture
async def agency(pool: Pool) -> UUID:
    """An agency in an empty world."""
    await emptied(pool)
    return await an_agency(pool)


async def hard(pool: Pool, agency: UUID, member: UUID) -> None:
    await struck(pool, agency, member, Reason.OWNER_CHANGED)


async def soft(pool: Pool, agency: UUID, member: UUID) -> None:
    for ago in (8 * DAY, timedelta()):
        await struck(pool, agency, member, Reason.MAILBOX_DISABLED, ago=ago)


async def complained(pool: Pool, agency: UUID, member: UUID) -> None:
    await struck(pool, agency, member, Reason.COMPLAINT, kind=ReceiptKind.COMPLAINED)


@pytest.mark.parametrize(
    ("suppress", "post", "state"),
    [
        (hard, EXTREME, State.SUPPRESSED),
        (hard, URGENT, State.SUPPRESSED),
        (hard, ROUTINE, State.SUPPRESSED),
        (soft, EXTREME, State.SENT),
        (soft, URGENT, State.SUPPRESSED),
        (soft, ROUTINE, State.SUPPRESSED),
        (complained, EXTREME, State.SENT),
        (complained, URGENT, State.SENT),
        (complained, ROUTINE, State.SUPPRESSED),
    ],
)
async def test_who_is_written_to_all_the_same(
    pool: Pool, agency: UUID, suppress: object, post: Post, state: State
) -> None:
    member = await a_neighbour(pool, agency)
    assert callable(suppress)
    await suppress(pool, agency, member)

    situation = await sent_to(pool, agency, member, post=post)

    assert (await delivery_of(pool, situation, member))["state"] == state
    assert await tallied(pool, situation.alert) == {state: 1}


async def test_a_row_born_suppressed_is_told_with_its_reason_and_is_no_chunks(
    pool: Pool, agency: UUID
) -> None:
    member = await a_neighbour(pool, agency)
    await hard(pool, agency, member)

    situation = await sent_to(pool, agency, member)

    row = await delivery_of(pool, situation, member)
    told = await pool.fetch("SELECT kind, reason FROM receipt WHERE alert_id = $1", situation.alert)
    assert (row["work"], row["reason"]) == ("none", Reason.ADDRESS_SUPPRESSED)
    assert [tuple(each) for each in told] == [("suppressed", Reason.ADDRESS_SUPPRESSED)]
    assert await pool.fetchval("SELECT count(*) FROM chunk WHERE alert_id = $1", situation.alert) == 0


async def test_a_strike_between_fan_out_and_claim_is_the_claims_verdict(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    alert = await posted(pool, agency)
    await fanned_out(pool)
    situation = Situation(
        pool, agency, alert, await open_session(pool, worker="t"), await ids_of(pool, alert)
    )
    await hard(pool, agency, member)

    claims = await situation.claimed()
    await merged(pool, told_of(situation, claims))

    assert [(v.kind, v.reason) for v in claims.verdicts] == [
        (ReceiptKind.SUPPRESSED, Reason.ADDRESS_SUPPRESSED)
    ]
    assert (await situation.row())["state"] == State.SUPPRESSED


async def test_an_address_whose_suppression_is_lifted_is_written_to_again(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    await hard(pool, agency, member)
    [found] = await suppressed(pool, agency)

    await lifted(pool, agency, found)

    situation = await sent_to(pool, agency, member)
    assert (await delivery_of(pool, situation, member))["state"] == State.SENT


async def test_an_extreme_alert_does_not_override_an_opt_out(pool: Pool, agency: UUID) -> None:
    member = await a_neighbour(pool, agency)
    alert = await posted(pool, agency, EXTREME)
    await fanned_out(pool)
    await soft(pool, agency, member)
    await pool.execute("UPDATE consent SET valid_until = now() WHERE member_id = $1", member)
    situation = Situation(
        pool, agency, alert, await open_session(pool, worker="t"), await ids_of(pool, alert)
    )

    [verdict] = (await situation.claimed()).verdicts

    assert verdict.reason is Reason.CONSENT_WITHDRAWN


async def test_an_address_is_suppressed_for_every_agency_and_listed_for_the_one_it_came_from(
    pool: Pool, agency: UUID
) -> None:
    member = await a_neighbour(pool, agency)
    await hard(pool, agency, member)
    other = await an_agency(pool)
    await pool.execute("UPDATE consent SET agency_id = $1", other)

    situation = await sent_to(pool, other, member)

    assert (await delivery_of(pool, situation, member))["state"] == State.SUPPRESSED
    assert (len(await suppressed(pool, agency)), await suppressed(pool, other)) == (1, [])
