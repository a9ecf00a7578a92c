"""Enqueue: chunks and due deliveries of one lane go to Kafka, no more than it can hand over in a window."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

import structlog

from dispatcher.producing import produced, records_of, records_of_due
from dispatcher.settings import DispatcherSettings
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet
from tocsin_schemas.topics import deliveries
from tocsin_schemas.words import Channel, Lane
from tocsin_store import due, enqueue, pauses
from tocsin_store.enqueue import ChunkToEnqueue
from tocsin_store.pace import PACED
from tocsin_store.pool import Connection, Pool

log = structlog.get_logger()

_DUE_LIMIT: Final = 2_000


@dataclass(frozen=True, slots=True)
class LaneQueue:
    """What of one channel and lane goes to Kafka next."""

    pool: Pool
    outlet: Outlet
    channel: Channel
    lane: Lane
    settings: DispatcherSettings

    async def enqueue_chunk(self) -> bool:
        """Put the next chunk on the log where the window has room; says whether to go on at once."""
        if await pauses.is_held(self.pool, channel=self.channel) or not await self._has_room():
            return False
        async with self._next_chunk() as (connection, chunk):
            if chunk is None:
                return False
            if chunk.over:  # what waits of it is closed in the ledger
                await enqueue.mark_settled(connection, [chunk])
                return True
            records = records_of(
                await enqueue.park(connection, chunk, lane=self.lane),
                topic=deliveries(self.channel, self.lane),
                alert_id=chunk.alert_id,
                kind="send",
                first_partition=chunk.number,
            )
            await enqueue.mark_enqueued(connection, chunk, last_offset=await produced(self.outlet, records))
        log.info("chunk_enqueued", alert=str(chunk.alert_id), chunk=chunk.number, records=len(records))
        return True

    async def enqueue_due(self) -> bool:
        """Put on the log what has waited long enough; says whether there may be more."""
        if await pauses.is_held(self.pool, channel=self.channel):
            return False
        due_now, more = await due.take(
            self.pool,
            channel=self.channel,
            lane=self.lane,
            limit=_DUE_LIMIT,
            again_after=self.settings.produce_again,
        )
        if not due_now:
            return more
        topic = deliveries(self.channel, self.lane)
        try:
            await produced(
                self.outlet,
                records_of_due(due_now, topic=topic, first_partition=due_now[0].id.int % topic.partitions),
            )
        except KafkaUnavailableError:
            await due.give_back(self.pool, [delivery.id for delivery in due_now])
            raise
        log.info("due_enqueued", channel=self.channel.value, lane=self.lane.value, count=len(due_now))
        return more

    def _next_chunk(self) -> AbstractAsyncContextManager[tuple[Connection, ChunkToEnqueue | None]]:
        if self.channel in PACED:
            return enqueue.next_paced_chunk(
                self.pool, channel=self.channel, lane=self.lane, window=self.settings.window
            )
        return enqueue.next_chunk(self.pool, channel=self.channel, lane=self.lane)

    async def _has_room(self) -> bool:
        if self.channel in PACED:  # each sender has a window of its own
            return True
        room = await enqueue.room(
            self.pool,
            channel=self.channel,
            lane=self.lane,
            least=self.settings.window_least,
            window=self.settings.window,
        )
        return room > 0
