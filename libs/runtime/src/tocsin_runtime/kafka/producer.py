"""The way to Kafka: every produce is awaited, bounded in time, and safe to repeat."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    UnsupportedForMessageFormatError,
)

from tocsin_runtime.kafka.failures import FAILURES, closed
from tocsin_schemas.codec import Headers

log = structlog.get_logger()

_MAX_BATCH_BYTES: Final = 262_144  # at the default of 16 kB waiting senders race and are overtaken
_STOP_SECONDS: Final = 2.0


class KafkaUnavailableError(Exception):
    """Kafka did not acknowledge in time. It may or may not have the records: produce them again later."""


class RecordRefusedError(KafkaUnavailableError):
    """Kafka will never take one of these records; it may or may not have the others."""


_REFUSALS: Final = (
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    UnsupportedForMessageFormatError,
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record, its partition chosen by us."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers = ()


class Outlet:
    """An idempotent producer (acks=all) that is rebuilt after every failure.

    Entering it never fails: Kafka may be down, then the first `produce` says so.
    """

    def __init__(self, bootstrap_servers: str, *, client_id: str, linger_ms: int = 2) -> None:
        self._bootstrap = bootstrap_servers
        self._client_id = client_id
        self._linger_ms = linger_ms
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self.healthy = False

    async def __aenter__(self) -> Self:
        """Nothing is connected yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush and close, waiting two seconds at most."""
        self._discard(self._producer)
        if self._closing:
            await asyncio.wait(self._closing)

    async def produce(self, records: Sequence[Record], *, timeout: float = 5.0) -> list[int]:  # noqa: ASYNC109
        """Write records and wait for all acknowledgements; safe to call concurrently.

        Args:
            records: In the order wanted within each partition.
            timeout: Seconds for everything, connecting included.

        Returns:
            The offset of each record.

        Raises:
            RecordRefusedError: One of them will never be taken.
            KafkaUnavailableError: Not all were acknowledged; the producer was thrown away.
        """
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(timeout):
                producer = await self._started()
                offsets = await _send_all(producer, records)
        except FAILURES as error:
            self.healthy = False
            log.warning("produce_failed", records=len(records), error=type(error).__name__)
            self._discard(producer)
            refused = isinstance(error, _REFUSALS)
            raise (
                RecordRefusedError(type(error).__name__) if refused else KafkaUnavailableError()
            ) from error
        self.healthy = True
        return offsets

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await self._start()
            return self._producer

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            enable_idempotence=True,
            compression_type="zstd",
            linger_ms=self._linger_ms,
            max_batch_size=_MAX_BATCH_BYTES,
            request_timeout_ms=5_000,
            connections_max_idle_ms=180_000,
        )
        try:
            await producer.start()
        except BaseException:
            await _close(producer)
            raise
        return producer

    def _discard(self, producer: AIOKafkaProducer | None) -> None:
        """Close it in the background: who has waited for Kafka in vain has waited long enough."""
        if producer is None or self._producer is not producer:
            return
        self._producer = None
        closing = asyncio.create_task(_close(producer))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _send_all(producer: AIOKafkaProducer, records: Sequence[Record]) -> list[int]:
    acks = [
        await producer.send(
            record.topic,
            partition=record.partition,
            key=record.key,
            value=record.value,
            headers=list(record.headers),
        )
        for record in records
    ]
    return [metadata.offset for metadata in await asyncio.gather(*acks)]


async def _close(producer: AIOKafkaProducer) -> None:
    # An idempotent producer never gives a batch up, so stopping it must not wait for one.
    problem = await closed(producer.stop(), within=_STOP_SECONDS)
    if problem is not None:
        log.warning("producer_abandoned", error=problem)
