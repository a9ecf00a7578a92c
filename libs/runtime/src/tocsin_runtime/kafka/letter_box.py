"""What is on `dead-letters`: letters, and notes of which of them were put back on their topics."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from tocsin_runtime.kafka.dead_letters import HEADER
from tocsin_runtime.kafka.failures import FAILURES, closed
from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_schemas.codec import UndecodableError, decode
from tocsin_schemas.messages import DeadLetter, Replayed
from tocsin_schemas.topics import DEAD_LETTERS

NOTE_HEADER: Final = "replayed"

_TIMEOUT_SECONDS: Final = 10.0
_WAIT_MS: Final = 200
_MOST_AT_A_TIME: Final = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that was put aside, and where it lies."""

    partition: int
    offset: int
    at: datetime
    """When it was put aside."""
    key: bytes
    value: bytes
    why: DeadLetter | None
    """None where its header cannot be read: nobody knows where it came from."""

    @property
    def id(self) -> str:
        """How an operator names it."""
        return f"{self.partition}/{self.offset}"

    def came_from(self, topic: str | None) -> bool:
        """Whether it was on this topic; None: on any."""
        return topic is None or (self.why is not None and self.why.topic == topic)


@dataclass(frozen=True, slots=True)
class Note:
    """These letters of the partition were put back on their topics."""

    offsets: Sequence[int]


Found: TypeAlias = Letter | Note


class LetterBox:
    """Reads `dead-letters` without joining a group, a few records at a time. Enter it first.

    Every method raises KafkaUnavailableError where Kafka does not answer within ten seconds.
    """

    def __init__(self, bootstrap_servers: str) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap_servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=5_000,
            fetch_max_wait_ms=_WAIT_MS,
        )

    async def __aenter__(self) -> Self:
        """Connect."""
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._consumer.start()
        except FAILURES as error:
            await closed(self._consumer.stop(), within=_TIMEOUT_SECONDS)
            raise KafkaUnavailableError(type(error).__name__) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        await closed(self._consumer.stop(), within=_TIMEOUT_SECONDS)

    async def spans(self, *, since: datetime | None = None) -> Mapping[int, range]:
        """Offsets by partition: from those put aside at `since`, or the oldest, to the end as it is now."""
        tps = [TopicPartition(DEAD_LETTERS.name, number) for number in range(DEAD_LETTERS.partitions)]
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                ends = await self._consumer.end_offsets(tps)
                first = await self._consumer.beginning_offsets(tps)
                later = await self._later(tps, since=since)
        except FAILURES as error:
            raise KafkaUnavailableError(type(error).__name__) from error
        starts = first if since is None else {tp: later.get(tp, ends[tp]) for tp in tps}
        return {tp.partition: range(starts[tp], ends[tp]) for tp in tps}

    async def _later(
        self, tps: Sequence[TopicPartition], *, since: datetime | None
    ) -> Mapping[TopicPartition, int]:
        if since is None:
            return {}
        moment = max(0, int(since.timestamp() * 1000))
        found = await self._consumer.offsets_for_times(dict.fromkeys(tps, moment))
        return {tp: at.offset for tp, at in found.items() if at is not None}

    async def read(self, partition: int, *, span: range) -> AsyncIterator[Found]:
        """Letters and notes of one partition in order; a note comes after the letters it speaks of."""
        if not span:
            return
        tp = TopicPartition(DEAD_LETTERS.name, partition)
        self._consumer.assign([tp])
        self._consumer.seek(tp, span.start)
        while True:
            records = await self._fetched(tp, end=span.stop)
            if not records:
                return
            for record in records:
                yield _found(record)

    async def letter(self, partition: int, offset: int) -> Letter | None:
        """One letter; None where there is none (any more)."""
        span = (await self.spans()).get(partition, range(0))
        if offset not in span:
            return None
        async for found in self.read(partition, span=range(offset, offset + 1)):
            return found if isinstance(found, Letter) and found.offset == offset else None
        return None

    async def _fetched(self, tp: TopicPartition, *, end: int) -> Sequence[ConsumerRecord]:
        """The next records below `end`; none where there are none left."""
        clock = asyncio.get_running_loop().time
        give_up = clock() + _TIMEOUT_SECONDS
        try:
            while await self._position(tp) < end:
                if clock() > give_up:
                    raise KafkaUnavailableError("TimeoutError")
                # Never cancelled, which would break the consumer: it ends by itself.
                fetched = await self._consumer.getmany(tp, timeout_ms=_WAIT_MS, max_records=_MOST_AT_A_TIME)
                if records := [record for record in fetched.get(tp, ()) if record.offset < end]:
                    return records
        except FAILURES as error:
            raise KafkaUnavailableError(type(error).__name__) from error
        return ()

    async def _position(self, tp: TopicPartition) -> int:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            return int(await self._consumer.position(tp))


def _found(record: ConsumerRecord) -> Found:
    headers = dict(record.headers)
    if (note := headers.get(NOTE_HEADER)) is not None and HEADER not in headers:
        return Note(_noted(note))
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return Letter(
        record.partition,
        record.offset,
        at,
        record.key or b"",
        record.value or b"",
        _reason(headers.get(HEADER)),
    )


def _noted(header: bytes) -> Sequence[int]:
    try:
        return decode(Replayed, header).offsets
    except UndecodableError:  # not ours: a letter replayed twice does no harm
        return ()


def _reason(header: bytes | None) -> DeadLetter | None:
    try:
        return decode(DeadLetter, header)
    except UndecodableError:
        return None
