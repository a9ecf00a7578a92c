"""Probing: a hold whose time has come lets a few of those that wait for it through; the worker says how they fared."""

from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from tocsin_store import pauses
from tocsin_store.pool import Pool

log = structlog.get_logger()

_FORGOTTEN: Final = timedelta(minutes=1)

PROBED: Final = Counter("tocsin_hold_probes_total", "Holds probed with what waits for them.", ["channel"])


async def probe(pool: Pool) -> bool:
    """Probe every hold that is due; end those nobody waits for, or whose worker is gone."""
    for (channel, _), tried in (await pauses.probe(pool)).items():
        if tried:
            PROBED.labels(channel.value).inc()
    await pauses.lapse_providers(pool, after=_FORGOTTEN)
    if released := await pauses.release_stranded(pool):
        log.info("stranded_released", count=released)
    return False
