"""Holds, and what waits for them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from tests.support.receipts import merged
from tests.support.world import Situation
from tocsin_runtime.delivery.decide import Errand, receipt_for_verdict
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Lane, Reason
from tocsin_store import due, pauses
from tocsin_store.claim import Claims
from tocsin_store.pool import Pool

DOMAIN: Final = "homes.example"
HOUR: Final = timedelta(hours=1)


async def held(
    pool: Pool, route: str = DOMAIN, *, reason: Reason = Reason.DOMAIN_SLOW, lasts: timedelta = HOUR
) -> datetime:
    """Put a route on hold; returns when it is probed."""
    return await pauses.hold(pool, channel=Channel.EMAIL, route=route, reason=reason, lasts=lasts)


def told_of(situation: Situation, claims: Claims, *, lane: Lane = Lane.URGENT) -> list[Receipt]:
    """Verdicts as a worker tells them."""
    errand = Errand(situation.alert, Channel.EMAIL, lane)
    now = datetime.now(UTC)
    return [receipt_for_verdict(verdict, errand=errand, now=now) for verdict in claims.verdicts]


async def parked(situation: Situation, *, token: int = 1) -> None:
    """Claim everything and merge what the claim said against it."""
    await merged(situation.pool, told_of(situation, await situation.claimed(token=token)))


async def going(pool: Pool, *, limit: int = 1_000, lane: Lane = Lane.URGENT) -> list[UUID]:
    """What is produced now of that which waits."""
    produced, _ = await due.take(
        pool, channel=Channel.EMAIL, lane=lane, limit=limit, again_after=timedelta(minutes=1)
    )
    return sorted(delivery.id for delivery in produced)


async def probed(pool: Pool, route: str = DOMAIN) -> list[UUID]:
    """Let a hold's time come, and probe it; returns what goes."""
    await pool.execute("UPDATE pause SET until = now() WHERE route = $1", route)
    await pauses.probe(pool)
    return await going(pool)


async def passed(pool: Pool, route: str = DOMAIN) -> bool:
    """Say that a probe went through; whether the hold is over."""
    return await pauses.went_through(pool, channel=Channel.EMAIL, route=route)


async def routes(pool: Pool) -> Sequence[str]:
    """What is on hold."""
    return [hold.route for hold in await pauses.in_force(pool)]
