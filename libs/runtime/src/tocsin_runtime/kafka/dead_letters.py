"""Records that cannot be read go aside, with why; their partition goes on."""

import asyncio
from binascii import crc32
from typing import Final

import structlog

from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet, Record
from tocsin_runtime.kafka.taken import Taken
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import DeadLetter
from tocsin_schemas.topics import DEAD_LETTERS

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 1.0


class DeadLetters:
    """Writes to `dead-letters` the original key and bytes, and a `dead-letter` header with a `DeadLetter`."""

    def __init__(self, outlet: Outlet, *, group: str) -> None:
        self._outlet = outlet
        self._group = group

    async def bury(self, record: Taken, *, why: str) -> None:
        """Return when the record is safe there; tries for ever, since its offset must not be committed before."""
        letter = DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            group=self._group,
            error=why[:1000],
        )
        key = record.key or b""
        buried = Record(
            topic=DEAD_LETTERS.name,
            partition=crc32(key) % DEAD_LETTERS.partitions,
            key=key,
            value=record.value or b"",
            headers=(("dead-letter", encode(letter)),),
        )
        log.error(
            "record_buried", topic=record.topic, partition=record.partition, offset=record.offset, why=why
        )
        while not await self._written(buried):
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _written(self, record: Record) -> bool:
        try:
            await self._outlet.produce([record])
        except KafkaUnavailableError:
            return False
        return True
