"""Quiet hours hold what is routine: claimed in the night it waits for the morning, or for its expiry."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.support.holds import going, told_of
from tests.support.receipts import merged
from tests.support.world import Post, Situation, emptied, waiting
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind, State
from tocsin_store import members
from tocsin_store.claim import Claims
from tocsin_store.pool import Pool


async def at_night(pool: Pool, situation: Situation) -> datetime:
    """Let it be quiet for everyone, since an hour, by a clock that shows UTC; returns until when."""
    now = datetime.now(UTC)
    until = now + timedelta(hours=2)
    await pool.execute("UPDATE member SET time_zone = 'UTC'")
    async with pool.acquire() as connection:
        for row in await connection.fetch(
            "SELECT member_id FROM delivery WHERE alert_id = $1", situation.alert
        ):
            await members.keep_quiet(
                connection,
                row["member_id"],
                channel=Channel.EMAIL,
                starts=(now - timedelta(hours=1)).time(),
                ends=until.time(),
            )
    return until


async def test_a_claim_defers_what_is_routine_until_quiet_ends(pool: Pool) -> None:
    situation = await waiting(pool, post=Post(lane=Lane.ROUTINE))
    until = await at_night(pool, situation)

    [verdict] = (await situation.claimed()).verdicts

    assert (verdict.kind, verdict.reason) == (ReceiptKind.DEFERRED, Reason.QUIET_HOURS)
    assert verdict.due_at == until


async def test_a_claim_takes_what_is_urgent_whatever_the_hour(pool: Pool) -> None:
    situation = await waiting(pool, post=Post(lane=Lane.URGENT))
    await at_night(pool, situation)

    assert len((await situation.claimed()).taken) == 1


async def test_quiet_hours_of_another_channel_do_not_matter(pool: Pool) -> None:
    situation = await waiting(pool, post=Post(lane=Lane.ROUTINE))
    await at_night(pool, situation)
    await pool.execute("UPDATE quiet_hours SET channel = 'voice'")

    assert len((await situation.claimed()).taken) == 1


async def test_it_is_released_once_at_its_time(pool: Pool) -> None:
    await emptied(pool)
    situation = await waiting(pool, post=Post(lane=Lane.ROUTINE))
    await at_night(pool, situation)
    verdicts = told_of(situation, await situation.claimed(), lane=Lane.ROUTINE)
    await merged(pool, verdicts)
    too_early = (await going(pool, lane=Lane.ROUTINE), await situation.claimed(token=2))
    await pool.execute("UPDATE due SET due_at = now(), produce_after = now()")
    await pool.execute("DELETE FROM quiet_hours")

    first, second = await going(pool, lane=Lane.ROUTINE), await going(pool, lane=Lane.ROUTINE)

    assert too_early == ([], Claims([], [], []))
    assert (first, second) == (list(situation.ids), [])
    assert len((await situation.claimed(token=3)).taken) == 1
    assert await situation.due() is None
    assert await merged(pool, verdicts) == 0
    assert (await situation.row())["work"] == "claimed"


async def test_quiet_that_lasts_past_the_expiry_waits_for_that(pool: Pool) -> None:
    situation = await waiting(pool, post=Post(lane=Lane.ROUTINE, expires_in=timedelta(hours=1)))
    await at_night(pool, situation)
    await merged(pool, told_of(situation, await situation.claimed(), lane=Lane.ROUTINE))

    due = await situation.due()

    assert due is not None
    assert due["due_at"] == await pool.fetchval("SELECT expires_at FROM alert WHERE id = $1", situation.alert)
    await pool.execute("UPDATE alert SET expires_at = now() WHERE id = $1", situation.alert)
    await pool.execute("UPDATE due SET due_at = now()")
    [verdict] = (await situation.claimed(token=2)).verdicts
    assert verdict.kind is ReceiptKind.EXPIRED
    await merged(pool, told_of(situation, await situation.claimed(token=2), lane=Lane.ROUTINE))
    assert (await situation.row())["state"] == State.EXPIRED


async def test_a_time_zone_that_does_not_exist_is_refused_where_it_is_written(pool: Pool) -> None:
    situation = await waiting(pool)

    with pytest.raises(asyncpg.InvalidParameterValueError):
        await pool.execute("UPDATE member SET time_zone = 'Europe/Londn'")

    assert len((await situation.claimed()).taken) == 1
