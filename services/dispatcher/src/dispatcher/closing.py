"""Closing: what still waits of a version that was cancelled, superseded or has expired is settled."""

from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from tocsin_store import settle
from tocsin_store.pool import Pool
from tocsin_store.settle import AlertVersion

log = structlog.get_logger()

_START: Final = UUID(int=0)

CLOSED: Final = Counter("tocsin_deliveries_closed_total", "Deliveries settled because their alert ended.")


async def close(pool: Pool) -> bool:
    """Pass once over every version that has ended; says whether anything moved."""
    moved = False
    for version in await settle.over(pool):
        moved |= await _close_version(pool, version)
    for alert_id in await settle.complete(pool):
        log.info("alert_completed", alert=str(alert_id))
    return moved


async def _close_version(pool: Pool, version: AlertVersion) -> bool:
    closed, after = 0, _START
    while True:
        settled, last = await settle.close_waiting(pool, version, after=after)
        closed += settled
        if last is None:
            break
        after = last
    if closed:
        CLOSED.inc(closed)
        log.info("version_closed", alert=str(version.alert_id), version=version.version, count=closed)
        return True
    return await settle.settle_version(pool, version)
