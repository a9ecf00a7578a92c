"""Calling hours: nobody is called at night about what is routine."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.support.calls import calling
from tests.support.world import Post, Situation
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind
from tocsin_store import members
from tocsin_store.pool import Pool

ROUTINE = Post(lane=Lane.ROUTINE)


async def where_it_is(situation: Situation, hour: int) -> datetime:
    """Let everybody live where the clock shows this hour now; returns the midnight before, there."""
    now = datetime.now(UTC)
    ahead = (hour - now.hour + 12) % 24 - 12
    await situation.pool.execute("UPDATE member SET time_zone = $1", f"Etc/GMT{-ahead:+d}")
    day = (now + timedelta(hours=ahead)).date()
    return datetime.combine(day, time(), UTC) - timedelta(hours=ahead)


@pytest.mark.parametrize(
    ("hour", "until"), [(21, 24 + 8), (23, 24 + 8), (0, 8), (7, 8), (8, None), (12, None), (20, None)]
)
async def test_routine_calls_wait_for_the_morning(pool: Pool, hour: int, until: int | None) -> None:
    situation = await calling(pool, post=ROUTINE)
    midnight = await where_it_is(situation, hour)

    claims = await situation.claimed()

    told = [(verdict.kind, verdict.reason, verdict.due_at) for verdict in claims.verdicts]
    if until is None:
        assert (len(claims.taken), told) == (1, [])
    else:
        due = midnight + timedelta(hours=until)
        assert (len(claims.taken), told) == (0, [(ReceiptKind.DEFERRED, Reason.QUIET_HOURS, due)])


async def test_urgent_calls_are_made_at_any_hour(pool: Pool) -> None:
    situation = await calling(pool, post=Post(lane=Lane.URGENT))
    await where_it_is(situation, 3)

    assert len((await situation.claimed()).taken) == 1


async def test_the_member_s_own_quiet_hours_count_besides(pool: Pool) -> None:
    situation = await calling(pool, post=ROUTINE)
    midnight = await where_it_is(situation, 7)
    async with pool.acquire() as connection:
        await members.keep_quiet(
            connection,
            (await situation.row())["member_id"],
            channel=Channel.VOICE,
            starts=time(6),
            ends=time(10),
        )

    [verdict] = (await situation.claimed()).verdicts

    assert verdict.due_at == midnight + timedelta(hours=10)
