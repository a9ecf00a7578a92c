"""The outbox relay: what was committed reaches Kafka, at least once, in id order."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from alert_api.measures import Measures
from alert_api.outbox_records import records_of
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet
from tocsin_store import idempotency, outbox
from tocsin_store.outbox import OutboxRow
from tocsin_store.pool import UNAVAILABLE, Connection, Pool

log = structlog.get_logger()

_BATCH: Final = 20
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
        self._acked: deque[int] = deque(maxlen=_REMEMBERED_ACKS)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._forget_at = 0.0

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            try:
                async with self._pool.acquire() as conn:
                    await self._serve(conn)
            except UNAVAILABLE as error:
                log.warning("relay_lost_database", error=type(error).__name__)
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
            await self._watch(conn)
        log.info("relay_started")
        while True:
            self._woken.clear()
            rows = await outbox.next_batch(conn, limit=_BATCH)
            if rows:
                await self._relay(rows, conn=conn)
            if len(rows) < _BATCH:
                await self._watch(conn)
            await self._forget_old_answers(conn)

    async def _relay(self, rows: Sequence[OutboxRow], *, conn: Connection) -> None:
        records = [record for row in rows for record in records_of(row)]
        try:
            await self._outlet.produce(records)
        except KafkaUnavailableError:
            self._measures.outbox_oldest.set((await outbox.oldest_age(conn)).total_seconds())
            await asyncio.sleep(_BACK_OFF_S)
            return
        self._tell(row.id for row in rows)
        await outbox.delete(conn, [row.id for row in rows])
        for record in records:
            self._measures.relayed.labels(record.topic).inc()

    def _tell(self, row_ids: Iterable[int]) -> None:
        for row_id in row_ids:
            self._acked.append(row_id)
            ack = self._waiting.get(row_id)
            if ack is not None and not ack.done():
                ack.set_result(None)

    async def _watch(self, conn: Connection) -> None:
        """Measure, then rest until the next commit of this process, or the next sweep."""
        age = await outbox.oldest_age(conn)
        self._measures.outbox_oldest.set(age.total_seconds())
        try:
            async with asyncio.timeout(self._sweep_s):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _forget_old_answers(self, conn: Connection) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY_S
            await idempotency.forget_old(conn)
