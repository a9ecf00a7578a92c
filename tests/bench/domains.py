"""A dead and a tarpit domain (I10): how long the healthy third takes beside them, and without them."""

import asyncio
import time
from typing import Final
from uuid import UUID

from rich.console import Console

from tests.bench.county import running_stack
from tests.bench.crowds import crowd
from tests.bench.rows import Row
from tests.support.e2e_town import Town, town_of
from tests.support.eventually import eventually
from tocsin_local.stack import Stack

THIRD: Final = 11_000
_HEALTHY, _DEAD, _TARPIT = "healthy.example", "dead.example", "tarpit.example"
_RULES: Final = [
    {"phase": "rcpt", "match": f"*@{_DEAD}", "action": {"type": "reply", "code": 451, "enhanced": "4.4.1"}},
    {"phase": "rcpt", "match": f"*@{_TARPIT}", "action": {"type": "delay", "delay_s": 60.0}},
]

REACHED: Final = """
SELECT count(*) FROM delivery d JOIN contact_point p ON p.id = d.contact_point_id
WHERE  d.alert_id = $1 AND d.state = 'sent' AND p.address LIKE '%@healthy.example'
"""


def measure(*, console: Console) -> list[Row]:
    """Alert the healthy third alone, then all three."""
    with running_stack() as stack:
        return asyncio.run(_measure_in(stack, console=console))


async def _measure_in(stack: Stack, *, console: Console) -> list[Row]:
    async with town_of(stack) as town:
        await town.sandbox.misbehave(_RULES)
        console.print(f"domains: {THIRD} of each")
        alone = await crowd(town, THIRD, domains=[_HEALTHY])
        mixed = await crowd(town, 3 * THIRD, east=1, domains=[_HEALTHY, _DEAD, _TARPIT])
        without = await _took(town, await alone.alerted(severity="severe"))
        beside = await _took(town, await mixed.alerted(severity="severe"))
    ratio = beside / without
    return [
        Row("domains-alone", without, f"s for {THIRD} healthy alone"),
        Row("domains-beside", beside, "s beside a dead and a tarpit third", without, ratio),
    ]


async def _took(town: Town, alert: UUID) -> float:
    began = time.monotonic()

    async def enough() -> bool:
        return int(await town.pool.fetchval(REACHED, alert)) == THIRD

    await eventually(enough, within=300)
    return time.monotonic() - began
