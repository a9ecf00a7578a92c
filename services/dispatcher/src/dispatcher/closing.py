"""Closing: what still waits of a version that was cancelled, superseded or has expired is settled."""

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from tocsin_store import settle
from tocsin_store.pool import Pool
from tocsin_store.settle import AlertVersion

log = structlog.get_logger()

_START: Final = UUID(int=0)
_REST: Final = 9
"""So many times as long as a pass took that moved nothing, nobody looks again: some are claimed, their receipts tell."""

CLOSED: Final = Counter("tocsin_deliveries_closed_total", "Deliveries settled because their alert ended.")


class Closer:
    """Passes over versions that have ended until nothing of them is left to do."""

    def __init__(self, pool: Pool, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._rests: dict[AlertVersion, float] = {}

    async def close(self) -> bool:
        """Pass once over every version that has ended; says whether anything moved."""
        ended = await settle.over(self._pool)
        self._rests = {version: self._rests[version] for version in ended if version in self._rests}
        moved = False
        for version in ended:
            if self._rests.get(version, float("-inf")) <= self._clock():
                moved |= await self._close(version)
        for alert_id in await settle.complete(self._pool):
            log.info("alert_completed", alert=str(alert_id))
        return moved

    async def _close(self, version: AlertVersion) -> bool:
        began = self._clock()
        if closed := await self._passed(version):
            CLOSED.inc(closed)
            log.info("version_closed", alert=str(version.alert_id), version=version.version, count=closed)
            return True
        if await settle.settle_version(self._pool, version):
            return True
        now = self._clock()
        self._rests[version] = now + _REST * (now - began)
        return False

    async def _passed(self, version: AlertVersion) -> int:
        closed, after = 0, _START
        while True:
            settled, last = await settle.close_waiting(self._pool, version, after=after)
            closed += settled
            if last is None:
                return closed
            after = last
