"""Puts the service together from its settings."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry

from alert_api.acceptance_desk import AcceptanceDesk
from alert_api.call_scripts import Scripts
from alert_api.callback_desk import CallbackDesk
from alert_api.callback_door import CallbackDoor
from alert_api.callback_joins import join_reports
from alert_api.callback_receipts import reader_of
from alert_api.database import Database
from alert_api.keys import KeyRing
from alert_api.measures import Measures
from alert_api.overload import InFlight
from alert_api.public_url import PublicUrl
from alert_api.rate_limits import RateLimit
from alert_api.relay import Relay
from alert_api.services import Services
from alert_api.settings import ApiSettings
from tocsin_runtime.clock import utc_now
from tocsin_runtime.kafka.producer import Outlet
from tocsin_store.pool import Pool, open_pool

NAME: Final = "alert-api"


@asynccontextmanager
async def running(
    settings: ApiSettings, *, registry: CollectorRegistry = REGISTRY
) -> AsyncIterator[Services]:
    """Open what the handlers need and relay the outbox, until the caller is done. Neither server need be up.

    Raises:
        ExceptionGroup: The relay broke: a defect; the caller's body is cancelled.
    """
    dsn = settings.database_url.get_secret_value()
    measures, size = Measures(registry), settings.database_connections
    async with (
        Outlet(settings.kafka_bootstrap_servers, client_id=NAME, linger_ms=0) as outlet,
        await open_pool(dsn, size=size, application_name=NAME) as pool,
        await open_pool(dsn, size=2, application_name=f"{NAME} relay") as relay_pool,
        asyncio.TaskGroup() as group,
    ):
        relay = Relay(relay_pool, outlet, measures, sweep=settings.relay_sweep)
        services = _services(settings, pool, relay=relay, outlet=outlet, measures=measures, registry=registry)
        desks = services.callback_desk.run(), services.acceptance_desk.run()
        background = [group.create_task(each) for each in (relay.run(), *desks)]
        if settings.accounts:
            background.append(group.create_task(join_reports(relay_pool, read=services.read_report)))
        yield services
        for task in background:
            task.cancel()


def _services(
    settings: ApiSettings,
    pool: Pool,
    *,
    relay: Relay,
    outlet: Outlet,
    measures: Measures,
    registry: CollectorRegistry,
) -> Services:
    database = Database(pool, wait=settings.database_wait)
    read_report = reader_of(settings.accounts)
    return Services(
        database=database,
        keys=KeyRing(database, clock=time.monotonic),
        relay=relay,
        outlet=outlet,
        agency_limit=RateLimit("agency", amount=settings.rate_limit, window=settings.rate_window),
        stranger_limit=RateLimit(
            "address", amount=settings.rate_limit_strangers, window=settings.rate_window
        ),
        bodies=InFlight(measures, per_agency=settings.inflight_bytes_agency, in_all=settings.inflight_bytes),
        body_wait=settings.body_wait,
        measures=measures,
        registry=registry,
        signing_keys=settings.signing_keys,
        sms=settings,
        plans=settings.default_plans,
        handover_wait=settings.handover_wait,
        now=utc_now,
        in_flight=set(),
        scripts=Scripts(settings.voice_voices),
        callback_door=_door(settings, measures),
        callback_desk=CallbackDesk(database, measures, read=read_report),
        acceptance_desk=AcceptanceDesk(database),
        read_report=read_report,
    )


def _door(settings: ApiSettings, measures: Measures) -> CallbackDoor:
    return CallbackDoor(
        settings.accounts,
        public=PublicUrl(settings.public_url, trusted=settings.trusted_proxies),
        measures=measures,
        most_bytes=settings.inflight_bytes // 8,
    )
