"""Fan-out of an alert to 100,000 against one `INSERT … SELECT` of as many rows; when its first delivery is on Kafka."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tests.bench.county import running_stack
from tests.bench.crowds import Crowd, crowd
from tests.bench.rows import Row
from tests.bench.wish import Wish
from tests.support.e2e_town import Town, town_of
from tests.support.eventually import eventually
from tocsin_local.stack import Stack
from tocsin_runtime.kafka.admin import Observer
from tocsin_schemas.topics import deliveries
from tocsin_schemas.words import Channel, Lane

_MEMBERS: Final = 100_000
_TURNS: Final = 3
_GOAL: Final = 1.3
_FIRST_GOAL: Final = 0.5
_WITHIN: Final = 300.0

DONE: Final = "SELECT bool_and(done_at IS NOT NULL) FROM fan_out WHERE alert_id = $1"
ACCEPTED: Final = "SELECT extract(epoch FROM created_at)::float FROM alert WHERE id = $1"
ROWS: Final = """
CREATE TABLE bench_rows AS
SELECT id, alert_id, alert_version, member_id, contact_point_id, 99::smallint AS wave, channel
FROM   delivery ORDER BY member_id
"""
OTHERS: Final = """
UPDATE bench_rows SET wave = wave - 1, id = delivery_id(alert_id, alert_version, member_id, contact_point_id, wave - 1)
"""
BARE: Final = """
INSERT INTO delivery (id, alert_id, alert_version, member_id, contact_point_id, wave, channel)
SELECT * FROM bench_rows
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds that one alert took."""

    rows: float
    """From its POST until the last row is in the ledger."""
    first: float
    """From its acceptance until Kafka has its first ids."""


def measure(wish: Wish) -> list[Row]:
    """In turn, three times; nobody sends meanwhile."""
    with running_stack(TOCSIN_WINDOW_LEAST="1000000") as stack:
        return asyncio.run(_measure_in(stack, wish))


async def _measure_in(stack: Stack, wish: Wish) -> list[Row]:
    taken, bare = list[Taken](), list[float]()
    async with town_of(stack) as town, Observer(stack.kafka_bootstrap) as observer:
        await town.stop("email-worker")
        people = await crowd(town, wish.count(_MEMBERS))
        wish.console.print(f"fan-out: {people.count} members")
        await _fanned_out(town, observer, people)  # statements are prepared now, and tables have statistics
        await town.pool.execute(ROWS, timeout=_WITHIN)
        for _ in range(_TURNS):
            taken.append(await _fanned_out(town, observer, people))
            bare.append(await _inserted(town))
    return _rows(taken, bare, count=people.count)


async def _fanned_out(town: Town, observer: Observer, people: Crowd) -> Taken:
    before = await _on_kafka(observer)
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        alert = await people.alerted(severity="minor")
        first = group.create_task(_first(observer, before=before))
        rows = group.create_task(_done(town, alert, begun=begun))
    accepted: float = await town.pool.fetchval(ACCEPTED, alert)
    return Taken(rows.result(), first.result() - accepted)


async def _done(town: Town, alert: UUID, *, begun: float) -> float:
    async def done() -> bool:
        return bool(await town.pool.fetchval(DONE, alert))

    await eventually(done, within=_WITHIN)
    return time.perf_counter() - begun


async def _first(observer: Observer, *, before: int) -> float:
    async def there() -> bool:
        return await _on_kafka(observer) > before

    await eventually(there, within=_WITHIN)
    return time.time()


async def _on_kafka(observer: Observer) -> int:
    return sum((await observer.end_offsets(deliveries(Channel.EMAIL, Lane.ROUTINE))).values())


async def _inserted(town: Town) -> float:
    """The rows of the first alert once more, with other ids."""
    await town.pool.execute(OTHERS, timeout=_WITHIN)
    begun = time.perf_counter()
    await town.pool.execute(BARE, timeout=_WITHIN)
    return time.perf_counter() - begun


def _rows(taken: list[Taken], bare: list[float], *, count: int) -> list[Row]:
    """The means of all turns, but the slowest first delivery."""
    rows, insert = sum(one.rows for one in taken) / _TURNS, sum(bare) / _TURNS
    first, ratio = max(one.first for one in taken), rows / insert
    goal, first_goal = f"≤ {_GOAL} of INSERT … SELECT", f"≤ {_FIRST_GOAL} s"
    return [
        Row("bare-insert", insert, f"s for {count:,} rows"),
        Row("fan-out", rows, f"s for {count:,} rows", insert, ratio, goal, ratio <= _GOAL),
        Row("fan-out-first", first, "s to Kafka, of three", goal=first_goal, met=first <= _FIRST_GOAL),
    ]
