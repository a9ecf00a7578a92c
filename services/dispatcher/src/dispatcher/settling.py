"""Settling: a chunk the group has passed holds nobody waiting unseen; whom a lost record left behind goes again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from dispatcher.barrier import VOID, Passage, ends_of_receipts, merge_position
from dispatcher.producing import produced, records_of
from dispatcher.stalls import StallWatch
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.producer import Outlet
from tocsin_schemas.topics import deliveries, worker_group
from tocsin_schemas.words import Channel, Lane
from tocsin_store import enqueue, pauses
from tocsin_store.enqueue import EnqueuedChunk
from tocsin_store.pool import Pool

log = structlog.get_logger()

_PATIENCE: Final = timedelta(seconds=60)
"""How long a partition on which a chunk waits may stand still."""

LOST = Counter(
    "tocsin_deliveries_produced_again_total", "Deliveries whose record was lost.", ["channel", "lane"]
)
STALLED = Counter(
    "tocsin_chunks_stalled_total", "Chunks whose partition nobody read: sent by others.", ["channel", "lane"]
)
UNSETTLED = Gauge("tocsin_chunks_unsettled", "Chunks on the log and not settled.", ["channel", "lane"])


@dataclass(frozen=True, slots=True)
class LanePosition:
    """Where a lane's topic begins and ends, and what its group has committed; by partition."""

    first: Mapping[int, int]
    end: Mapping[int, int]
    committed: Mapping[int, int]

    def has_passed(self, partition: int, offset: int) -> bool:
        """Whether a record will not be read any more: it was, or it is not there.

        Not there: retention or deletion took it, or the topic was made anew. A commit past the end is one of a topic
        that is no more; its reader will notice and begin at the start.
        """
        gone = offset < self.first[partition] or offset >= self.end[partition]
        return gone or offset < self.committed.get(partition, 0) <= self.end[partition]

    def awaited(self, chunk: EnqueuedChunk) -> set[int]:
        """Partitions that hold records of a chunk which are still to be read."""
        return {p for p, offset in chunk.last_offset.items() if not self.has_passed(p, offset)}


@dataclass(frozen=True, slots=True)
class Settler:
    """Follows the chunks of one channel and lane after they are on the log."""

    pool: Pool
    outlet: Outlet
    observer: Observer
    channel: Channel
    lane: Lane
    stalls: StallWatch = field(default_factory=lambda: StallWatch(patience=_PATIENCE))

    async def settle(self) -> bool:
        """Look at every chunk on the log once; never asks to be called again at once."""
        chunks = await enqueue.enqueued_chunks(self.pool, channel=self.channel, lane=self.lane)
        UNSETTLED.labels(self.channel.value, self.lane.value).set(len(chunks))
        under_way = [chunk for chunk in chunks if chunk.barrier is None]
        if under_way:
            await self._follow(under_way)
        if len(under_way) < len(chunks):
            await self._pass_barriers(chunks)
        return False

    async def _follow(self, chunks: Sequence[EnqueuedChunk]) -> None:
        position = await self._position()
        awaited = [(chunk, position.awaited(chunk)) for chunk in chunks]
        await self._mark_passed([chunk for chunk, partitions in awaited if not partitions])
        everywhere = {partition for _, partitions in awaited for partition in partitions}
        stalled = self.stalls.look(awaited=everywhere, committed=position.committed)
        if stalled and not await pauses.is_held(self.pool, channel=self.channel):
            await self._go_around([chunk for chunk, partitions in awaited if partitions & stalled], stalled)

    async def _position(self) -> LanePosition:
        topic = deliveries(self.channel, self.lane)
        committed = await self.observer.committed(worker_group(self.channel, self.lane))
        return LanePosition(
            first=await self.observer.first_offsets(topic),
            end=await self.observer.end_offsets(topic),
            committed={partition: at for (name, partition), at in committed.items() if name == topic.name},
        )

    async def _mark_passed(self, chunks: Sequence[EnqueuedChunk]) -> None:
        if not chunks:
            return
        ends = await ends_of_receipts(self.pool, self.observer, written_before=None)
        if ends is not None:
            await enqueue.mark_passed(self.pool, [chunk.chunk for chunk in chunks], barrier=ends)

    async def _go_around(self, chunks: Sequence[EnqueuedChunk], stalled: frozenset[int]) -> None:
        """Produce what waits of these chunks to the partitions that move, the next ones if none does."""
        for chunk in chunks:
            waiting = await enqueue.still_waiting(self.pool, await enqueue.ids_of(self.pool, chunk.chunk))
            if waiting:
                STALLED.labels(self.channel.value, self.lane.value).inc()
                log.warning("chunk_stalled", alert=str(chunk.chunk.alert_id), partitions=sorted(stalled))
                await self._produce_again(chunk, waiting, avoid=stalled)

    async def _pass_barriers(self, chunks: Sequence[EnqueuedChunk]) -> None:
        position = await merge_position(self.pool, self.observer)
        for ends, group in _by_barrier(chunks):
            match position.passage(ends):
                case Passage.PASSED:
                    await self._settle(group)
                case Passage.VOID:
                    await self._take_barrier_again(group)
                case Passage.AHEAD:
                    continue

    async def _settle(self, chunks: Sequence[EnqueuedChunk]) -> None:
        clean = []
        for chunk in chunks:
            waiting = await enqueue.still_waiting(self.pool, await enqueue.ids_of(self.pool, chunk.chunk))
            if waiting:
                await self._produce_again(chunk, waiting)
            else:
                clean.append(chunk.chunk)
        await enqueue.mark_settled(self.pool, clean)

    async def _take_barrier_again(self, chunks: Sequence[EnqueuedChunk]) -> None:
        VOID.inc(len(chunks))
        log.warning("barrier_void", chunks=len(chunks))
        for chunk in chunks:
            await enqueue.mark_enqueued(self.pool, chunk.chunk, last_offset=chunk.last_offset)

    async def _produce_again(
        self, chunk: EnqueuedChunk, waiting: Sequence[UUID], *, avoid: frozenset[int] = frozenset()
    ) -> None:
        records = records_of(
            waiting,
            topic=deliveries(self.channel, self.lane),
            alert_id=chunk.chunk.alert_id,
            kind="send",
            first_partition=chunk.chunk.number,
            avoid=avoid,
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
