"""A cancel in the middle of sending (I3): how long after its commit the last message was handed over."""

import asyncio
from typing import Final

from rich.console import Console

from alert_api.views import Cancelled
from tests.bench.county import running_stack
from tests.bench.crowds import Crowd, crowd
from tests.bench.rows import Row
from tests.support.e2e_town import Town, town_of
from tests.support.eventually import eventually
from tocsin_local.stack import Stack

_MEMBERS: Final = 10_000
_ROUNDS: Final = 5
_GOAL_SECONDS: Final = 2.0

LAST: Final = """
SELECT extract(epoch FROM max(occurred_at) - $2::timestamptz)::float FROM receipt
WHERE  alert_id = $1 AND kind = 'accepted'
"""
SENT: Final = "SELECT count(*) FROM delivery WHERE alert_id = $1 AND state = 'sent'"


def measure(*, console: Console) -> list[Row]:
    """Cancel several alerts half-way."""
    with running_stack() as stack:
        return asyncio.run(_measure_in(stack, console=console))


async def _measure_in(stack: Stack, *, console: Console) -> list[Row]:
    async with town_of(stack) as town:
        console.print(f"cancel: {_ROUNDS} alerts to {_MEMBERS}, called off half-way")
        people = await crowd(town, _MEMBERS)
        rounds = [await _round(town, people) for _ in range(_ROUNDS)]
    last, sent = max(after for after, _ in rounds), sum(sent for _, sent in rounds)
    return [
        Row(
            "cancel-last-hand-over",
            last,
            f"s after the commit, accepts included; {sent:,} of {_ROUNDS * _MEMBERS:,} sent",
            goal=f"≤ {_GOAL_SECONDS:.0f} s",
            met=last <= _GOAL_SECONDS,
        )
    ]


async def _round(town: Town, people: Crowd) -> tuple[float, int]:
    alert = await people.alerted(severity="minor")

    async def half_way() -> bool:
        return bool(await town.pool.fetchval(SENT, alert) >= _MEMBERS // 4)

    await eventually(half_way, within=120)
    cancelled = Cancelled.model_validate_json((await people.agency.cancel(alert)).body)
    await town.settled(alert, within=120)
    after = await town.pool.fetchval(LAST, alert, cancelled.cancelled_at)
    return after, await town.pool.fetchval(SENT, alert)
