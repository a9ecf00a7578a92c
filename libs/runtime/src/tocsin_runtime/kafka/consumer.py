"""The way from Kafka: explicit commits of a watermark, an epoch per assignment, drain before partitions go."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from tocsin_runtime.kafka.commits import commit
from tocsin_runtime.kafka.connecting import connected, disconnect, fetches_no_more
from tocsin_runtime.kafka.failures import FAILURES
from tocsin_runtime.kafka.patience import Patience
from tocsin_runtime.kafka.starts import Beginning, Beginnings, Starts
from tocsin_runtime.kafka.taken import Hand, Taken
from tocsin_runtime.kafka.tracker import Tracker
from tocsin_schemas.topics import Topic

log = structlog.get_logger()


_DRAIN_SECONDS: Final = 12.0
_RECONNECT_SECONDS: Final = 0.5
_WATCH_SECONDS: Final = 2.0
_COMMIT_SECONDS: Final = 0.1
_PAUSE_SECONDS: Final = 0.1
_MOST_UNFINISHED: Final = 5_000
_NOWHERE: Final = TopicPartition("__none__", 0)  # polling it keeps the group's liveness without records


class Intake(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """One consumer of one topic in a group. Enter it, `take` until it is closed.

    Args:
        bootstrap_servers: Kafka's addresses.
        topic: What to read.
        group: The consumer group; its committed offsets are where reading starts.
        starts: Where the start offsets are kept instead, if not in Kafka; partitions it leaves out start at the
            oldest record.
        most_unfinished: Records of a partition in hand from which on it is held back, so that a crash reads no more again.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        topic: Topic,
        group: str,
        starts: Starts | None = None,
        most_unfinished: int = _MOST_UNFINISHED,
    ) -> None:
        self._bootstrap = bootstrap_servers
        self._topic = topic
        self._group = group
        self._beginnings = Beginnings(topic.name, starts=starts)
        self._most_unfinished = most_unfinished
        self._trackers: dict[int, Tracker] = {}
        self._positions: Mapping[int, int] = {}
        self._epoch = 0
        self._seeked = -1
        self._admitting = False
        self._hand = Hand()
        self._committing = asyncio.Lock()
        self._consumer: AIOKafkaConsumer | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()
        self._patience = Patience()
        self._failure: Exception | None = None

    @property
    def ready(self) -> bool:
        """Whether the group has given us an assignment (which may be empty)."""
        return self._admitting

    @property
    def epoch(self) -> int:
        """Grows with every assignment and rewind; `positions` belong to it."""
        return self._epoch

    @property
    def positions(self) -> Mapping[int, int]:
        """Where each of our partitions started in this epoch."""
        return self._positions

    @property
    def topic_id(self) -> UUID:
        """Which topic of that name the positions are of: once there are some, it is known."""
        return self._beginnings.topic_id

    def admits(self, epoch: int) -> bool:
        """Whether records of this epoch may still be started."""
        return self._admitting and epoch == self._epoch

    async def __aenter__(self) -> Self:
        """Connect, waiting for Kafka as long as it takes."""
        while not await self._connect():
            await asyncio.sleep(_RECONNECT_SECONDS)
        loops = (self._commit_regularly(), self._watch_topic())
        self._background = {asyncio.create_task(loop) for loop in loops}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop admitting, drain, commit, leave the group."""
        self._admitting = False
        await self._drain()
        for task in self._background:
            task.cancel()
        await asyncio.wait(self._background)
        await self._commit()
        await self._disconnect()

    async def take(
        self, *, limit: int, wait_ms: int | None = None, only: Collection[int] | None = None
    ) -> list[Taken]:
        """Records not yet in hand, at most `limit`; empty when there are none or a rebalance is under way.

        With `only`, those of these partitions. Without `wait_ms` it waits for them as `Patience` says.

        Never cancel it: aiokafka would stop watching the poll interval. Call it (or `idle`) at least every minute.
        """
        if self._failure is not None:
            raise self._failure
        if self._consumer is not None and fetches_no_more(self._consumer, topic=self._topic.name):
            await self._reconnect()
        epoch = self._epoch
        if self._consumer is None:  # a failure threw it away, and Kafka did not answer then
            await self._connect()
        consumer = self._consumer
        if consumer is None or not self._admitting or not self._seek(epoch):
            await asyncio.sleep(_PAUSE_SECONDS)
            return []
        patience = self._patience.wait_ms(consumer)
        try:
            fetched = await consumer.getmany(
                *self._with_room(only),
                timeout_ms=patience if wait_ms is None else wait_ms,
                max_records=limit,
            )
        except FAILURES as error:
            log.warning("fetch_failed", topic=self._topic.name, error=type(error).__name__)
            await self._recover(error)
            return []
        if fetched:
            self._patience.stir(consumer)
        if not self.admits(epoch):
            return []  # the seek of the next epoch fetches them again
        return [taken for records in fetched.values() for taken in self._register(records)]

    async def rewind(self) -> None:
        """Start every partition again from where it is known to be finished; drop what is in hand first."""
        epoch = self._epoch
        beginning = await self._beginnings.find(lambda: self._consumer, list(self._positions))
        if self.admits(epoch):  # else a rebalance was quicker, and has begun from there itself
            self._begin(beginning)

    async def idle(self, *, wait_ms: int = 500) -> None:
        """Stay in the group without taking records."""
        if self._consumer is None:
            await asyncio.sleep(wait_ms / 1000)
            return
        self._patience.stir(self._consumer)
        try:
            await self._consumer.getmany(_NOWHERE, timeout_ms=wait_ms)
        except FAILURES as error:  # the next `take` recovers
            log.warning("idle_failed", topic=self._topic.name, error=type(error).__name__)
            await asyncio.sleep(wait_ms / 1000)

    def released(self, taken: Taken, *, epoch: int, finished: bool) -> None:
        """Called by `Taken`."""
        self._hand.release()
        if finished and epoch == self._epoch and taken.partition in self._trackers:
            self._trackers[taken.partition].finish(taken.offset)
            self._moved.set()

    def _with_room(self, only: Collection[int] | None) -> Sequence[TopicPartition]:
        """Partitions to poll: those held back keep what was fetched for them, which aiokafka's `pause` would drop."""
        room = [
            number
            for number, tracker in self._trackers.items()
            if tracker.unfinished < self._most_unfinished and (only is None or number in only)
        ]
        if len(room) == len(self._trackers):
            return ()  # all of them
        return [TopicPartition(self._topic.name, number) for number in room] or [_NOWHERE]

    def _register(self, records: Iterable[ConsumerRecord]) -> list[Taken]:
        taken = [
            Taken(record.topic, record.partition, record.offset, record.key, record.value, self, self._epoch)
            for record in records
            if self._trackers[record.partition].register(record.offset)
        ]
        self._hand.take(len(taken))
        return taken

    def _seek(self, epoch: int) -> bool:
        # The fetcher may have moved on before our start offsets were known, so each epoch starts from ours.
        if self._seeked == epoch or self._consumer is None:
            return True
        try:
            for partition, offset in self._positions.items():
                self._consumer.seek(TopicPartition(self._topic.name, partition), offset)
        except IllegalStateError:  # rebalanced again meanwhile
            return False
        self._seeked = epoch
        return True

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is in hand, commit it, forget the partitions."""
        self._admitting = False
        await self._drain()
        await self._commit()
        self._epoch += 1
        self._trackers.clear()
        self._positions = {}
        log.info("partitions_revoked", topic=self._topic.name, count=len(list(revoked)))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Find where each partition starts, then admit."""
        consumer = self._consumer
        try:
            partitions = sorted(tp.partition for tp in assigned)
            beginning = await self._beginnings.find(lambda: self._consumer, partitions)
        except Exception as error:
            self._failure = error  # aiokafka keeps what a listener raises to itself: `take` raises it
            raise
        if consumer is None or consumer is not self._consumer:  # given up meanwhile
            return
        self._patience.stir(consumer)
        self._begin(beginning)
        log.info("partitions_assigned", topic=self._topic.name, count=len(self._positions))

    def _begin(self, beginning: Beginning) -> None:
        self._beginnings.begun(beginning)
        self._positions = beginning.positions
        self._trackers = {
            partition: Tracker(offset, is_committed=not beginning.made_anew)
            for partition, offset in beginning.positions.items()
        }
        self._epoch += 1
        self._admitting = True
        self._moved.set()

    async def _drain(self) -> None:
        if not await self._hand.emptied(within=_DRAIN_SECONDS):
            log.warning("drain_timed_out", topic=self._topic.name, records=self._hand.records)

    async def _watch_topic(self) -> None:
        """Offsets of a topic that was made anew mean nothing: begin at its start, also where no fetch fails."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            consumer = self._consumer
            if consumer is None or not self._admitting or not self._positions:
                continue
            if await self._beginnings.is_over(consumer):
                await self.rewind()

    async def _commit_regularly(self) -> None:
        while True:
            await self._moved.wait()
            await asyncio.sleep(_COMMIT_SECONDS)
            if self._admitting:
                self._moved.clear()
                await self._commit()
                if any(tracker.uncommitted is not None for tracker in self._trackers.values()):
                    self._moved.set()  # it failed, or more was finished meanwhile

    async def _commit(self) -> None:
        async with self._committing:
            if self._consumer is not None:
                await commit(self._consumer, topic=self._topic.name, trackers=self._trackers)

    async def _connect(self) -> bool:
        self._consumer = await connected(self._bootstrap, group=self._group, topic=self._topic.name)
        if self._consumer is not None:
            self._consumer.subscribe([self._topic.name], listener=self)
        return self._consumer is not None

    async def _recover(self, error: Exception) -> None:
        await asyncio.sleep(_RECONNECT_SECONDS)
        if not isinstance(error, KafkaError) or not error.retriable:
            await self._reconnect()

    async def _reconnect(self) -> None:
        self._admitting = False
        await self._disconnect()
        await self._connect()

    async def _disconnect(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await disconnect(consumer, topic=self._topic.name)
