"""Expiry: what of an alert still waits when it ends is settled; an alert with nothing left is completed."""

import structlog

from tocsin_store import settle
from tocsin_store.pool import Pool

log = structlog.get_logger()


async def expire(pool: Pool) -> bool:
    """Settle one page of each expired alert; says whether there may be more."""
    more = False
    for alert_id in await settle.expired_alerts(pool):
        if expired := await settle.expire_waiting(pool, alert_id):
            log.info("deliveries_expired", alert=str(alert_id), count=expired)
            more = True
        elif await settle.complete(pool, alert_id):
            log.info("alert_completed", alert=str(alert_id))
    return more
