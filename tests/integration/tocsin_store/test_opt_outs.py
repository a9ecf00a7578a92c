"""A number leaves an agency for every purpose, and comes back to what it left."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.support.phones import Phone, a_phone, a_sender, sending
from tocsin_schemas.words import Channel, Purpose, Reason
from tocsin_store import consents, opt_outs
from tocsin_store.opt_outs import Refusal
from tocsin_store.pool import Pool

WORD = {"by": "member", "how": "text", "word": "stop"}


@pytest.fixture
async def agency(pool: Pool) -> UUID:
    return (await a_sender(pool))[0]


async def granted(pool: Pool, phone: Phone) -> Mapping[str, bool]:
    rows = await pool.fetch(
        """SELECT purpose, bool_or(valid_until IS NULL OR valid_until > now()) AS granted FROM consent
           WHERE  member_id = $1 GROUP BY 1""",
        phone.member,
    )
    return {row["purpose"]: row["granted"] for row in rows}


async def stop(pool: Pool, phone: Phone, agency: UUID) -> list[UUID]:
    async with pool.acquire() as conn:
        return [
            moved.member_id
            for moved in await opt_outs.stop(conn, phone.number, agencies=[agency], evidence=WORD)
        ]


async def start(pool: Pool, phone: Phone, agency: UUID) -> list[UUID]:
    async with pool.acquire() as conn:
        return [
            moved.member_id
            for moved in await opt_outs.start(conn, phone.number, agencies=[agency], evidence={})
        ]


def refused(phone: Phone, agency: UUID, *, at: datetime | None = None) -> Refusal:
    return Refusal(phone.contact_point, agency, "twilio", "400 21610", at or datetime.now(UTC))


async def test_who_moved_is_told_once(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency, purposes=(Purpose.SERVICE, Purpose.EMERGENCY))

    assert await stop(pool, phone, agency) == [phone.member]
    assert await stop(pool, phone, agency) == []
    assert await granted(pool, phone) == {"service": False, "emergency": False}


async def test_of_two_who_stop_at_a_time_one_has_moved_and_a_start_begun_before_comes_after(
    pool: Pool, agency: UUID
) -> None:
    phone = await a_phone(pool, agency)
    async with pool.acquire() as conn, conn.transaction():
        await conn.fetchval("SELECT now()")
        first = await stop(pool, phone, agency)
        second = await opt_outs.stop(conn, phone.number, agencies=[agency], evidence=WORD)
        back = await opt_outs.start(conn, phone.number, agencies=[agency], evidence={})

    assert (first, second) == ([phone.member], [])
    assert [moved.member_id for moved in back] == [phone.member]


async def test_a_number_that_was_given_up_speaks_for_nobody(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency)
    await pool.execute("UPDATE contact_point SET valid_until = now() WHERE id = $1", phone.contact_point)

    assert await stop(pool, phone, agency) == []
    assert await granted(pool, phone) == {"public_task": True}


async def test_emails_go_on(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency)
    await pool.execute("UPDATE consent SET channel = 'email' WHERE member_id = $1", phone.member)

    await stop(pool, phone, agency)

    assert await granted(pool, phone) == {"public_task": True}


async def test_what_was_withdrawn_on_a_page_since_stays_withdrawn(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency)
    await stop(pool, phone, agency)
    await start(pool, phone, agency)
    async with pool.acquire() as conn:
        await consents.withdraw(
            conn,
            member_id=phone.member,
            agency_id=agency,
            purpose=Purpose.PUBLIC_TASK,
            channel=Channel.SMS,
            evidence={"how": "page"},
        )

    assert await start(pool, phone, agency) == []


async def test_another_number_does_not_bring_back_what_this_one_left(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency)
    await stop(pool, phone, agency)
    second = await a_phone(pool, agency)
    await pool.execute(
        "UPDATE contact_point SET member_id = $2 WHERE id = $1", second.contact_point, phone.member
    )

    assert await start(pool, second, agency) == []


async def test_a_provider_that_keeps_an_opt_out_withdraws_for_the_number(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency, purposes=(Purpose.SERVICE, Purpose.PUBLIC_TASK))
    partner = await a_phone(pool, agency, number=phone.number)
    waiting = await sending(pool, agency)

    async with pool.acquire() as conn:
        ended = await opt_outs.withdraw_refused(conn, [refused(phone, agency), refused(partner, agency)])

    assert ended == 3
    verdicts = [verdict.reason for verdict in (await waiting.claimed()).verdicts]
    assert verdicts == [Reason.CONSENT_WITHDRAWN] * 2
    audited = await pool.fetchval(
        "SELECT count(*) FROM audit WHERE actor = 'provider' AND subject = ANY($1)",
        [str(phone.member), str(partner.member)],
    )
    assert audited == 2


async def test_start_undoes_what_the_provider_withdrew(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency)
    async with pool.acquire() as conn:
        await opt_outs.withdraw_refused(conn, [refused(phone, agency)])

    assert await start(pool, phone, agency) == [phone.member]


async def test_a_refusal_from_before_the_consent_does_not_end_it(pool: Pool, agency: UUID) -> None:
    phone = await a_phone(pool, agency)

    async with pool.acquire() as conn:
        old = refused(phone, agency, at=datetime.now(UTC) - timedelta(hours=1))
        assert await opt_outs.withdraw_refused(conn, [old]) == 0

    assert await granted(pool, phone) == {"public_task": True}


async def test_other_agencies_are_not_meant(pool: Pool, agency: UUID) -> None:
    other, _ = await a_sender(pool)
    phone = await a_phone(pool, other)

    async with pool.acquire() as conn:
        assert await opt_outs.withdraw_refused(conn, [refused(phone, agency)]) == 0
