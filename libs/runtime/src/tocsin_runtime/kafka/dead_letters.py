"""Records that cannot be read or handled go aside, with why; their partition goes on."""

import time
from binascii import crc32
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Counter

from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet, Record
from tocsin_runtime.kafka.taken import Taken
from tocsin_runtime.process import Process
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import DeadLetter
from tocsin_schemas.topics import DEAD_LETTERS

log = structlog.get_logger()

HEADER: Final = "dead-letter"
MOST_A_MINUTE: Final = 100
CHECK: Final = "dead-letters"
"""Name of the check in `/ready`; it fails from the moment the limit is reached."""

_MINUTE_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 1.0
_MOST_BYTES: Final = 900_000  # with its headers a letter must stay below what a broker takes by default

DEAD_LETTERS_TOTAL: Final = Counter(
    "tocsin_dead_letters_total", "Records that could not be read or handled.", ["topic", "group"]
)


class NotBuriedError(Exception):
    """The process stops and the record is not safe on `dead-letters`: drop it, another will take it."""


class DeadLetters:
    """Writes to `dead-letters` the original key and bytes, and a `dead-letter` header with a `DeadLetter`.

    One a process, shared by everything in it. More letters in a minute than `most_a_minute` mean that something is
    systematically wrong, such as a bad deployment: from then on nothing is put aside any more. Whoever brings the next
    one waits, keeping its place in its group, with everything behind it still on the log; `/ready` says so. It ends
    with the process: a restart, of a better version if need be, takes up where this one stood.

    Args:
        outlet: Where to.
        group: Who could not read them.
        process: Told when the limit is reached; its stop ends every wait.
        most_a_minute: From how many letters within a minute on it stops.
        clock: Seconds, monotonic.

    Metrics: tocsin_dead_letters_total{topic,group}.
    """

    def __init__(
        self,
        outlet: Outlet,
        *,
        group: str,
        process: Process | None = None,
        most_a_minute: int = MOST_A_MINUTE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outlet = outlet
        self._group = group
        self._process = process or Process()
        self._times: deque[float] = deque(maxlen=most_a_minute)
        self._clock = clock
        self._full = False

    async def bury(self, record: Taken, *, why: str) -> None:
        """Return when the record is safe there; its offset must not be committed before.

        Args:
            record: In hand of the caller, who goes on to finish it.
            why: Types and fields, no values: it is logged and shown.

        Raises:
            NotBuriedError: The process stops.
        """
        await self._room(record)
        buried = _letter(record, group=self._group, why=why)
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        log.error("record_buried", **where, why=why)
        while not await self._written(buried):
            await self._wait(record)
        self._times.append(self._clock())
        DEAD_LETTERS_TOTAL.labels(record.topic, self._group).inc()

    async def _room(self, record: Taken) -> None:
        if not self._full and self._limit_reached():
            self._full = True
            self._process.health.set(CHECK, ok=False)
            log.critical("dead_letters_stopped", group=self._group, within_a_minute=len(self._times))
        while self._full:
            await self._wait(record)

    def _limit_reached(self) -> bool:
        return len(self._times) == self._times.maxlen and self._clock() - self._times[0] < _MINUTE_SECONDS

    async def _wait(self, record: Taken) -> None:
        if self._process.stopping.is_set():
            raise NotBuriedError
        await record.stay()  # the group must see us poll
        await self._process.pause(_AGAIN_SECONDS)

    async def _written(self, record: Record) -> bool:
        try:
            await self._outlet.produce([record])
        except KafkaUnavailableError:
            return False
        return True


def _letter(record: Taken, *, group: str, why: str) -> Record:
    """Make the letter; a value that no broker would take beside our header is cut, and the letter says so."""
    key, value = record.key or b"", record.value or b""
    letter = DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        group=group,
        error=why[:1000],
        cut_from=len(value) if len(value) > _MOST_BYTES else None,
    )
    return Record(
        topic=DEAD_LETTERS.name,
        partition=crc32(key) % DEAD_LETTERS.partitions,
        key=key,
        value=value[:_MOST_BYTES],
        headers=((HEADER, encode(letter)),),
    )
