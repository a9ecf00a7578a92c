"""Settling: a chunk the group has passed holds nobody waiting unseen; whom a lost record left behind goes again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from prometheus_client import Counter

from dispatcher.barrier import ends_of_receipts, is_merged
from dispatcher.producing import produced, records_of
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.producer import Outlet
from tocsin_schemas.topics import deliveries, worker_group
from tocsin_schemas.words import Channel, Lane
from tocsin_store import enqueue
from tocsin_store.enqueue import EnqueuedChunk
from tocsin_store.pool import Pool

log = structlog.get_logger()

LOST = Counter(
    "tocsin_deliveries_produced_again_total", "Deliveries whose record was lost.", ["channel", "lane"]
)


@dataclass(frozen=True, slots=True)
class Settler:
    """Follows the chunks of one channel and lane after they are on the log."""

    pool: Pool
    outlet: Outlet
    observer: Observer
    channel: Channel
    lane: Lane

    async def settle(self) -> bool:
        """Look at every chunk on the log once; never asks to be called again at once."""
        chunks = await enqueue.enqueued_chunks(self.pool, channel=self.channel, lane=self.lane)
        under_way = [chunk for chunk in chunks if chunk.barrier is None]
        if under_way:
            await self._mark_passed(under_way)
        for ends, group in _by_barrier(chunks):
            if await is_merged(self.pool, ends):
                await self._settle(group)
        return False

    async def _mark_passed(self, chunks: Sequence[EnqueuedChunk]) -> None:
        topic = deliveries(self.channel, self.lane)
        committed = await self.observer.committed(worker_group(self.channel, self.lane))
        end = await self.observer.end_offsets(topic)
        first = await self.observer.first_offsets(topic)

        def is_passed(partition: int, offset: int) -> bool:
            gone = offset < first[partition] or offset >= end[partition]  # retention, or a topic made anew
            return gone or committed.get((topic.name, partition), 0) > offset

        passed = [c for c in chunks if all(is_passed(p, offset) for p, offset in c.last_offset.items())]
        if not passed:
            return
        ends = await ends_of_receipts(self.pool, self.observer, written_before=datetime.now(UTC))
        if ends is not None:
            await enqueue.mark_passed(self.pool, [chunk.chunk for chunk in passed], barrier=ends)

    async def _settle(self, chunks: Sequence[EnqueuedChunk]) -> None:
        clean = []
        for chunk in chunks:
            waiting = await enqueue.still_waiting(self.pool, await enqueue.ids_of(self.pool, chunk.chunk))
            if waiting:
                await self._produce_again(chunk, waiting)
            else:
                clean.append(chunk.chunk)
        await enqueue.mark_settled(self.pool, clean)

    async def _produce_again(self, chunk: EnqueuedChunk, waiting: Sequence[UUID]) -> None:
        records = records_of(
            waiting,
            topic=deliveries(self.channel, self.lane),
            alert_id=chunk.chunk.alert_id,
            kind="send",
            first_partition=chunk.chunk.number,
        )
        offsets = await produced(self.outlet, records)
        await enqueue.mark_enqueued(self.pool, chunk.chunk, last_offset=offsets)
        LOST.labels(self.channel.value, self.lane.value).inc(len(waiting))
        log.warning("deliveries_produced_again", alert=str(chunk.chunk.alert_id), count=len(waiting))


def _by_barrier(chunks: Sequence[EnqueuedChunk]) -> list[tuple[Mapping[int, int], list[EnqueuedChunk]]]:
    groups: dict[tuple[tuple[int, int], ...], list[EnqueuedChunk]] = {}
    for chunk in chunks:
        if chunk.barrier is not None:
            groups.setdefault(tuple(sorted(chunk.barrier.items())), []).append(chunk)
    return [(dict(ends), group) for ends, group in groups.items()]
