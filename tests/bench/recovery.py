"""Recovery: a process is killed in the middle of an alert; until everything is settled and every surface agrees."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import Final
from uuid import UUID

from rich.console import Console

from tests.bench.county import running_stack
from tests.bench.rows import Row
from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import Town, town_of
from tests.support.eventually import eventually
from tocsin_local.stack import Stack

MEMBERS: Final = 5_000
VICTIMS: Final = ("nobody", "alert-api", "dispatcher", "email-worker", "receipts-worker", "kafka", "postgres")
_GOAL_SECONDS: Final = 30.0
_PATIENCE_SECONDS: Final = 120.0

DONE: Final = "SELECT count(*) FROM delivery WHERE alert_id = $1 AND work = 'none'"


def measure(*, rounds: int, console: Console, victims: Sequence[str] = VICTIMS) -> list[Row]:
    """Kill each in turn, so many times; `nobody` is what the second half of the alert takes anyway."""
    rows: list[Row] = []
    for victim in victims:
        with running_stack(TOCSIN_SANDBOX_KEEP_MESSAGES="1000000") as stack:
            took = asyncio.run(_rounds(stack, victim=victim, rounds=rounds))
        console.print(f"recovery from {victim}: {', '.join(f'{seconds:.1f}' for seconds in took)} s")
        rows += [
            Row(f"recovery-{victim}-p50", median(took), f"s, {rounds} rounds"),
            Row(
                f"recovery-{victim}-max",
                max(took),
                "s",
                goal=f"≤ {_GOAL_SECONDS:.0f} s",
                met=max(took) <= _GOAL_SECONDS,
            ),
        ]
    return rows


async def _rounds(stack: Stack, *, victim: str, rounds: int) -> list[float]:
    async with town_of(stack) as town:
        return [await _round(town, victim=victim) for _ in range(rounds)]


async def _round(town: Town, *, victim: str) -> float:
    people = await town.people(MEMBERS)
    alert = (await people.agency.post(an_alert())).accepted.id
    await _half_done(town, alert)
    began = time.perf_counter()
    if victim != "nobody":
        await town.kill(victim)
    await town.settled(alert, within=_PATIENCE_SECONDS)
    settled = time.perf_counter()
    await town.ready()
    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    if account.faults:
        raise RuntimeError(f"After the kill of {victim}: {account.faults}")
    return settled - began


async def _half_done(town: Town, alert: UUID) -> None:
    async def look() -> bool:
        return int(await town.pool.fetchval(DONE, alert)) >= MEMBERS // 2

    await eventually(look)
