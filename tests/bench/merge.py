"""The merge of receipts (timeline, row, tally, offsets) against COPY of as many into the same indexed timeline."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from tests.bench.rows import Row
from tests.bench.wish import Wish
from tests.support.receipts import LOG, fact
from tests.support.world import Resident, an_agency, fanned_out, ids_of, posted, settled_in
from tocsin_local.services import STEPS
from tocsin_local.stack import Stack
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import RECEIPTS
from tocsin_schemas.words import Channel, ReceiptKind
from tocsin_store.claim import CLAIM_LIMIT, claim
from tocsin_store.merge import merge
from tocsin_store.merged_offsets import Advance, start_partitions
from tocsin_store.pool import Pool, open_pool
from tocsin_store.sessions import open_session

_MEMBERS: Final = 50_000
_FULL, _SMALL = 2_000, 300
"""Receipts a transaction: the most there are, and as many as come while the worker is what is waited for."""
_SMALL_BATCHES: Final = 30
_GOAL: Final = 0.4

_COLUMNS: Final = [*(name for name in Receipt.model_fields if name != "lane"), "xid", "ordinal"]


def measure(wish: Wish) -> list[Row]:
    """Batch by batch in turn, each committed: two alerts to the same members, of which one is merged and one copied."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        stack = Stack.servers_only(Path(folder) / "stack", steps=STEPS)
        with stack:
            rows = asyncio.run(_measure_in(stack, wish))
        stack.delete()
    return rows


@dataclass(frozen=True, slots=True)
class Sides:
    """Deliveries whose receipts are merged, and others whose receipts are copied; in no order."""

    pool: Pool
    merged: Sequence[UUID]
    copied: Sequence[UUID]

    def cut(self, begin: int, end: int) -> "Sides":
        """Some of each."""
        return Sides(self.pool, self.merged[begin:end], self.copied[begin:end])


async def _measure_in(stack: Stack, wish: Wish) -> list[Row]:
    async with await open_pool(stack.database_url, size=2, application_name="bench") as pool:
        sides = await _claimed(pool, max(2 * _FULL, wish.count(_MEMBERS)))
        wish.console.print(f"merge: {len(sides.merged)} receipts each")
        await start_partitions(pool, LOG, known={}, starts=dict.fromkeys(range(RECEIPTS.partitions), 0))
        meter = _Meter(sides.pool)
        warm, small = _SMALL, _SMALL + min(_SMALL * _SMALL_BATCHES, len(sides.merged) // 4)
        await meter.rates(sides.cut(0, warm), batch=_SMALL)
        few = await meter.rates(sides.cut(warm, small), batch=_SMALL)
        full = await meter.rates(sides.cut(small, len(sides.merged)), batch=_FULL)
    goal = f"≥ {_GOAL} of COPY"
    ratio = full[0] / full[1]
    return [
        Row("receipt-copy", full[1], f"rows/s, {_FULL} a transaction"),
        Row("merge", full[0], f"receipts/s, {_FULL} a transaction", full[1], ratio, goal, ratio >= _GOAL),
        Row("merge-small", few[0], f"receipts/s, {_SMALL} a transaction", few[1], few[0] / few[1]),
    ]


async def _claimed(pool: Pool, count: int) -> Sides:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * count)
    await pool.execute("ANALYZE")
    session, sides = await open_session(pool, worker="bench"), list[list[UUID]]()
    for _ in range(2):
        alert = await posted(pool, agency)
        await fanned_out(pool)
        ids = await ids_of(pool, alert)
        for number in range(0, len(ids), CLAIM_LIMIT):
            part, token = ids[number : number + CLAIM_LIMIT], len(sides) * count + number + 1
            await claim(
                pool, alert_id=alert, delivery_ids=part, session=session, token=token, channel=Channel.EMAIL
            )
        Random(1).shuffle(ids)  # noqa: S311 - as they come from the log
        sides.append(ids)
    return Sides(pool, *sides)


class _Meter:
    """Merges and copies in turn."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._at = 0

    async def rates(self, sides: Sides, *, batch: int) -> tuple[float, float]:
        """Receipts merged a second, and copied."""
        merging = copying = 0.0
        for start in range(0, len(sides.merged), batch):
            part = sides.cut(start, start + batch)
            receipts, records = (
                _told(part.merged),
                [_record(one) for one in sorted(_told(part.copied), key=_id)],
            )
            copying += await _seconds(self._copy(records))
            merging += await _seconds(self._merge(receipts))
        return len(sides.merged) / merging, len(sides.copied) / copying

    async def _merge(self, receipts: Sequence[Receipt]) -> None:
        advances = [Advance(partition, self._at, self._at + 1) for partition in range(RECEIPTS.partitions)]
        self._at += 1
        merged = await merge(self._pool, LOG, receipts=receipts, advances=advances)
        if merged.fresh != len(receipts):
            raise RuntimeError(f"{merged.fresh} of {len(receipts)} receipts were new")

    async def _copy(self, records: Sequence[tuple[object, ...]]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.copy_records_to_table("receipt", records=records, columns=_COLUMNS)


def _told(deliveries: Sequence[UUID]) -> list[Receipt]:
    return [fact(one, ReceiptKind.ACCEPTED, alert=UUID(int=1), status="250 2.0.0") for one in deliveries]


def _id(receipt: Receipt) -> UUID:
    return receipt.delivery_id


def _record(receipt: Receipt) -> tuple[object, ...]:
    values = receipt.model_dump(mode="python") | {"xid": 1, "ordinal": 1}
    return tuple(values[column] for column in _COLUMNS)


async def _seconds(doing: Awaitable[None]) -> float:
    begun = time.perf_counter()
    await doing
    return time.perf_counter() - begun
