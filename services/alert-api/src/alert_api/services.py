"""What request handlers work with, put together in `main`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from alert_api.acceptance_desk import AcceptanceDesk
from alert_api.alert_plan import Plans
from alert_api.call_scripts import Scripts
from alert_api.callback_desk import CallbackDesk
from alert_api.callback_door import CallbackDoor
from alert_api.callback_receipts import Reader
from alert_api.database import Database
from alert_api.keys import KeyRing
from alert_api.measures import Measures
from alert_api.overload import InFlight
from alert_api.rate_limits import RateLimit
from alert_api.relay import Relay
from alert_api.settings import MessageSettings
from tocsin_runtime.kafka.producer import Outlet


@dataclass(frozen=True, slots=True)
class Services:
    """Everything outside a request."""

    database: Database
    keys: KeyRing
    relay: Relay
    outlet: Outlet
    agency_limit: RateLimit
    stranger_limit: RateLimit
    bodies: InFlight
    body_wait: timedelta
    measures: Measures
    registry: CollectorRegistry
    signing_keys: tuple[bytes, ...]
    sms: MessageSettings
    """Where texts and calls may go, and at what price."""
    plans: Plans
    handover_wait: timedelta
    now: Callable[[], datetime]
    in_flight: set[tuple[object, str]]
    scripts: Scripts
    callback_door: CallbackDoor
    callback_desk: CallbackDesk
    acceptance_desk: AcceptanceDesk
    read_report: Reader


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


With = Annotated[Services, Depends(_services)]
