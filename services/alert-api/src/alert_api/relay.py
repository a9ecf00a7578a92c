"""The outbox relay: what was committed reaches Kafka, at least once, in id order."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Final

import structlog

from alert_api.measures import Measures
from alert_api.outbox_records import letter_of, records_of
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet, Record, RecordRefusedError
from tocsin_schemas.topics import DEAD_LETTERS
from tocsin_store import idempotency, outbox
from tocsin_store.outbox import OutboxRow
from tocsin_store.pool import UNAVAILABLE, Connection, Pool
from tocsin_store.singletons import player

log = structlog.get_logger()

_BATCH: Final = 20
_DELETE_AFTER_S: Final = 0.05
"""How long a row may stay that Kafka has got: a deletion is a commit, which those of alerts would wait for."""
_BACK_OFF_S: Final = 1.0
_FORGET_EVERY_S: Final = 600.0
_REMEMBERED_ACKS: Final = 10_000


class Relay:
    """One of all replicas relays: the one that holds an advisory lock. The others stand by.

    Runs until cancelled, through outages of Kafka and of the database. A row is deleted only after Kafka has
    acknowledged all its records, so each record arrives at least once.
    """

    def __init__(self, pool: Pool, outlet: Outlet, measures: Measures, *, sweep: timedelta) -> None:
        self._pool = pool
        self._outlet = outlet
        self._measures = measures
        self._sweep_s = sweep.total_seconds()
        self._woken = asyncio.Event()
        self._acked: dict[int, None] = {}
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._done: list[int] = []
        self._tidy_at = 0.0
        self._forget_at = 0.0

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            try:
                async with player(self._pool) as conn:
                    await self._serve(conn)
            except UNAVAILABLE as error:
                log.warning("relay_lost_database", error=type(error).__name__)
            self._done.clear()  # they come again: another server may have given their ids to other rows
            self._measures.relaying.set(0)
            await asyncio.sleep(_BACK_OFF_S)

    async def acknowledged(self, row_id: int, *, within: timedelta) -> bool:
        """Wake the relay for a row just committed; whether Kafka acknowledged it in time, through this process."""
        self._woken.set()
        if row_id in self._acked:
            return True
        ack = self._waiting[row_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within.total_seconds()):
                await ack
        except TimeoutError:
            return False
        finally:
            del self._waiting[row_id]
        return True

    async def _serve(self, conn: Connection) -> None:
        while not await outbox.take_relay_lock(conn):
            self._woken.clear()
            await self._tidy(conn)
            await self._rest()
        log.info("relay_started")
        self._measures.relaying.set(1)
        try:
            await self._relay_for_ever(conn)
        except asyncio.CancelledError:
            with suppress(*UNAVAILABLE):
                await self._tidy(conn)
            raise

    async def _relay_for_ever(self, conn: Connection) -> None:
        while True:
            self._woken.clear()
            rows = await outbox.next_batch(conn, limit=_BATCH, but=self._done)
            if rows:
                await self._relay(rows, conn=conn)
            if _now() >= self._tidy_at:
                await self._tidy(conn)
            if len(rows) < _BATCH:
                await self._rest()
            await self._forget_old_answers(conn)

    async def _relay(self, rows: Sequence[OutboxRow], *, conn: Connection) -> None:
        records = [(row.id, record) for row in rows for record in records_of(row)]
        try:
            await self._produce(records)
        except KafkaUnavailableError:
            self._measures.outbox_oldest.set((await outbox.oldest_age(conn)).total_seconds())
            await asyncio.sleep(_BACK_OFF_S)
            return
        self._tell(row.id for row in rows)
        self._done += [row.id for row in rows]
        self._tidy_at = min(self._tidy_at, _now() + _DELETE_AFTER_S)
        for _, record in records:
            self._measures.relayed.labels(record.topic).inc()

    async def _tidy(self, conn: Connection) -> None:
        """Delete what Kafka has got, and measure what it has not; by the next sweep once more."""
        if self._done:
            await outbox.delete(conn, self._done)
            self._done.clear()
        self._measures.outbox_oldest.set((await outbox.oldest_age(conn)).total_seconds())
        self._tidy_at = _now() + self._sweep_s

    async def _produce(self, records: Sequence[tuple[int, Record]]) -> None:
        """Produce all; what Kafka refuses for ever is found by halving, and put aside: it must not hold up the rest."""
        try:
            await self._outlet.produce([record for _, record in records])
        except RecordRefusedError as refusal:
            if len(records) > 1:
                half = len(records) // 2
                await self._produce(records[:half])
                await self._produce(records[half:])
            else:
                await self._put_aside(*records[0], why=str(refusal))

    async def _put_aside(self, row_id: int, record: Record, *, why: str) -> None:
        if record.topic != DEAD_LETTERS.name:
            await self._outlet.produce([letter_of(record, row_id=row_id, why=why)])
        self._measures.set_aside.labels(record.topic).inc()
        log.error("outbox_record_put_aside", row=row_id, topic=record.topic, why=why)

    def _tell(self, row_ids: Iterable[int]) -> None:
        for row_id in row_ids:
            self._acked[row_id] = None
            ack = self._waiting.get(row_id)
            if ack is not None and not ack.done():
                ack.set_result(None)
        for row_id in tuple(islice(self._acked, max(0, len(self._acked) - _REMEMBERED_ACKS))):
            del self._acked[row_id]

    async def _rest(self) -> None:
        """Rest until the next commit of this process, or until there is something to tidy up."""
        try:
            async with asyncio.timeout(self._tidy_at - _now()):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _forget_old_answers(self, conn: Connection) -> None:
        if _now() >= self._forget_at:
            self._forget_at = _now() + _FORGET_EVERY_S
            await idempotency.forget_old(conn)


def _now() -> float:
    return asyncio.get_running_loop().time()
