"""Reports are kept once, found by their message, walked in pages, and forgotten."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.callers import a_sid
from tests.support.phones import Sending, a_phone, a_sender, sending, took
from tests.support.world import emptied
from tocsin_store import callbacks, inbound
from tocsin_store.callbacks import FIRST, Reported, Told
from tocsin_store.pool import Pool


@pytest.fixture
async def alert(pool: Pool) -> Sending:
    await emptied(pool)
    agency, _ = await a_sender(pool)
    await a_phone(pool, agency)
    return await sending(pool, agency)


def told(ref: str | None = None, status: str = "delivered") -> Told:
    return Told("twilio", ref or a_sid(), status, "")


async def absorbed(pool: Pool, *reports: Told) -> Sequence[Reported]:
    async with pool.acquire() as conn, conn.transaction():
        return await callbacks.absorb(conn, reports)


async def joined(pool: Pool, *, page: int) -> list[str]:
    """One walk over all that have no delivery."""
    found, after = [], FIRST
    async with pool.acquire() as conn:
        while True:
            part, after = await callbacks.join(conn, after=after, limit=page)
            found += [each.ref for each in part]
            if after == FIRST:
                return sorted(found)


async def test_a_report_is_new_once(pool: Pool, alert: Sending) -> None:
    (claimed,) = (await alert.claimed()).taken
    report = replace(told(), delivery_id=claimed.id, fence=claimed.fence)

    assert len(await absorbed(pool, report, report)) == 1
    assert await absorbed(pool, report) == []


async def test_what_it_is_about_is_as_the_ledger_has_it(pool: Pool, alert: Sending) -> None:
    (claimed,) = (await alert.claimed()).taken

    (found,) = await absorbed(pool, replace(told(), delivery_id=claimed.id, fence=claimed.fence))

    assert (found.delivery_id, found.fence, found.alert_id) == (claimed.id, claimed.fence, alert.alert)
    assert (found.lane, found.severity, found.attempts) == ("urgent", "severe", 0)


@pytest.mark.parametrize("over", ["open = false", "version = 2"])
async def test_another_attempt_is_worth_it_while_its_version_is_in_force(
    pool: Pool, alert: Sending, over: str
) -> None:
    (claimed,) = (await alert.claimed()).taken
    report = replace(told(), delivery_id=claimed.id, fence=claimed.fence)

    (before,) = await absorbed(pool, report)
    await pool.execute(f"UPDATE alert SET {over}")  # noqa: S608 - of ours
    (after,) = await absorbed(pool, replace(report, status="undelivered"))

    assert before.expires_at > before.received_at
    assert after.expires_at <= after.received_at


async def test_a_fence_that_was_never_given_is_none_of_ours(pool: Pool, alert: Sending) -> None:
    (claimed,) = (await alert.claimed()).taken

    assert await absorbed(pool, replace(told(), delivery_id=claimed.id, fence=claimed.fence + 1)) == []


@pytest.mark.parametrize("page", [1, 2, 100])
async def test_a_walk_finds_all_whose_message_is_known_by_now(pool: Pool, alert: Sending, page: int) -> None:
    (claimed,) = (await alert.claimed()).taken
    refs = sorted(a_sid() for _ in range(5))
    await absorbed(pool, *(told(ref, status) for ref in refs for status in ("sent", "delivered")))
    for ref in refs[1::2]:
        await took(pool, delivery=claimed.id, fence=claimed.fence, ref=ref)

    assert await joined(pool, page=page) == sorted(refs[1::2] * 2)
    assert await joined(pool, page=page) == []


async def test_old_ones_are_forgotten_page_by_page(pool: Pool, alert: Sending) -> None:
    assert alert.ids
    await absorbed(pool, told(), told())
    await pool.execute(
        "UPDATE callback SET received_at = now() - interval '91 days' WHERE ref = (SELECT min(ref) FROM callback)"
    )
    async with pool.acquire() as conn:
        await inbound.keep(conn, provider="twilio", ref="SM1", meaning="stop")
    await pool.execute("UPDATE inbound SET received_at = now() - interval '91 days'")

    assert not await callbacks.forget_old(pool, days=90)
    assert not await inbound.forget_old(pool, days=90)

    assert await pool.fetchval("SELECT count(*) FROM callback") == 1
    assert await pool.fetchval("SELECT count(*) FROM inbound") == 0
