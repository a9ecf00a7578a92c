"""Merges receipts into the ledger, which also holds the offsets: a receipt is applied once, in order."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.dead_letters import DeadLetters, NotBuriedError
from tocsin_runtime.kafka.starts import StartsUnknownError
from tocsin_runtime.kafka.taken import Taken
from tocsin_runtime.process import Process
from tocsin_schemas.codec import UndecodableError, decode
from tocsin_schemas.messages import Receipt
from tocsin_schemas.topics import RECEIPTS, URGENT_RECEIPTS
from tocsin_store.merge import merge
from tocsin_store.merged_offsets import Advance, Log, OffsetMovedError, merged_offsets, start_partitions
from tocsin_store.pool import UNAVAILABLE, UNHANDLED_DATA, Pool

log = structlog.get_logger()

GROUP: Final = "receipts-worker"
_AGAIN_SECONDS: Final = 0.5

MERGED: Final = Counter("tocsin_receipts_merged_total", "Receipts read from the log.", ["fresh"])
CONFLICTS: Final = Counter("tocsin_receipt_conflicts_total", "Failures told of deliveries that had arrived.")
BATCH: Final = Gauge("tocsin_merge_batch_receipts", "Size of the last merged batch.")


class Merger:
    """One merger of the partitions its group gives it."""

    def __init__(self, pool: Pool, *, bootstrap_servers: str, dead_letters: DeadLetters, limit: int) -> None:
        self._pool = pool
        self._limit = limit
        self._dead_letters = dead_letters
        self._known: Mapping[int, int] = {}
        self._at: dict[int, int] = {}
        self._epoch = -1
        self._source = Log(RECEIPTS.name, UUID(int=0))  # until there is an assignment
        self._aside: set[tuple[int, int, bytes | None]] = set()  # buried, and their offset not yet passed
        self._intake = Intake(bootstrap_servers, topic=RECEIPTS, group=GROUP, starts=self._starts)

    async def run(self, process: Process) -> None:
        """Merge until the process stops."""
        async with self._intake:
            while not process.stopping.is_set():
                process.health.set("kafka", ok=self._intake.ready)
                taken = await self._next()
                if taken:
                    await self._merge_or_rewind(taken, process=process)

    async def _next(self) -> Sequence[Taken]:
        """Urgent receipts first: they wait for one batch of the others at most."""
        urgent = await self._intake.take(limit=self._limit, wait_ms=0, only=URGENT_RECEIPTS)
        return urgent or await self._intake.take(limit=self._limit)

    async def _starts(self, topic_id: UUID) -> Mapping[int, int]:
        try:
            self._known = await merged_offsets(self._pool, Log(RECEIPTS.name, topic_id))
        except UNAVAILABLE as error:
            raise StartsUnknownError from error
        return self._known

    async def _merge_or_rewind(self, taken: Sequence[Taken], *, process: Process) -> None:
        try:
            await self._follow_assignment()
            await self._merge(taken)
        except NotBuriedError:
            for record in taken:
                record.drop()
        except (OffsetMovedError, *UNAVAILABLE) as error:
            log.warning("merge_failed", receipts=len(taken), error=type(error).__name__)
            process.health.set("database", ok=isinstance(error, OffsetMovedError))
            for record in taken:
                record.drop()
            await asyncio.sleep(_AGAIN_SECONDS)
            await self._intake.rewind()
        else:
            process.health.set("database", ok=True)

    async def _merge(self, taken: Sequence[Taken]) -> None:
        """Merge records, the good of them once: where one cannot be, it is looked for by halves and goes aside."""
        try:
            await self._merge_whole(taken)
        except UNHANDLED_DATA as error:
            if len(taken) == 1:
                await self._bury(taken[0], why=type(error).__name__)
                await self._merge_whole(taken)
                return
            half = len(taken) // 2
            await self._merge(taken[:half])
            await self._merge(taken[half:])

    async def _merge_whole(self, taken: Sequence[Taken]) -> None:
        receipts = [receipt for record in taken if (receipt := await self._decoded(record)) is not None]
        ends = {record.partition: record.offset + 1 for record in taken}
        advances = [Advance(partition, self._at[partition], end) for partition, end in ends.items()]
        merged = await merge(self._pool, self._source, receipts=receipts, advances=advances)
        self._at.update(ends)
        for record in taken:
            record.finish()
        self._aside.difference_update((record.partition, record.offset, record.value) for record in taken)
        MERGED.labels("true").inc(merged.fresh)
        MERGED.labels("false").inc(len(receipts) - merged.fresh)
        CONFLICTS.inc(merged.conflicts)
        BATCH.set(len(receipts))
        log.info("receipts_merged", receipts=len(receipts), fresh=merged.fresh)

    async def _follow_assignment(self) -> None:
        if self._epoch == self._intake.epoch:
            return
        epoch, starts = self._intake.epoch, dict(self._intake.positions)
        source = Log(RECEIPTS.name, self._intake.topic_id)
        await start_partitions(self._pool, source, known=self._known, starts=starts)
        self._epoch, self._at, self._source = epoch, starts, source
        self._aside = {each for each in self._aside if each[1] >= starts.get(each[0], each[1] + 1)}

    async def _decoded(self, record: Taken) -> Receipt | None:
        if (record.partition, record.offset, record.value) in self._aside:
            return None
        try:
            return decode(Receipt, record.value)
        except UndecodableError as error:
            await self._bury(record, why=str(error))
            return None

    async def _bury(self, record: Taken, *, why: str) -> None:
        await self._dead_letters.bury(record, why=why)
        self._aside.add((record.partition, record.offset, record.value))
