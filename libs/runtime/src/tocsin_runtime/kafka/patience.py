"""How long to wait for records: a tenth of a second while they come, a whole one once it is quiet."""

import time
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaConsumer

_BUSY_MS: Final = 100
_QUIET_MS: Final = 1_000
_QUIET_AFTER_SECONDS: Final = 5.0


class Patience:
    """Of one reader, and of the broker, which keeps a fetch that finds nothing as long.

    What comes for a partition that is not in that fetch, for its last records were not yet taken when it was sent, waits
    for its end: so not while records come. Otherwise whatever comes is there at once.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._busy_until = float("-inf")

    def stir(self, consumer: AIOKafkaConsumer) -> None:
        """There are records, or may be: partitions were assigned, and not all of their leaders are known."""
        self._busy_until = self._clock() + _QUIET_AFTER_SECONDS
        self._tell(consumer, _BUSY_MS)

    def wait_ms(self, consumer: AIOKafkaConsumer) -> int:
        """Milliseconds to wait now."""
        ms = _BUSY_MS if self._clock() < self._busy_until else _QUIET_MS
        self._tell(consumer, ms)
        return ms

    def _tell(self, consumer: AIOKafkaConsumer, ms: int) -> None:
        consumer._fetcher._fetch_max_wait_ms = ms  # noqa: SLF001 - else it is what it was when the client was made
