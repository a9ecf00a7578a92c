"""What tests of callbacks begin with: providers that call us, and whom a text or a call went to."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from alert_api.settings import ApiSettings
from tests.integration.alert_api.call_client import Line, a_line
from tests.integration.alert_api.callback_client import Providers
from tests.integration.alert_api.conftest import serving
from tests.support.callers import NOTIFY, PUBLIC, TWILIO
from tests.support.phones import Phone, Sending, a_phone, a_sender, sending
from tocsin_schemas.words import Purpose
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool


@pytest.fixture
async def providers(settings: ApiSettings) -> AsyncIterator[Providers]:
    async with serving(
        settings.model_copy(update={"sms_providers": (TWILIO, NOTIFY), "public_url": PUBLIC})
    ) as api:
        yield Providers(api)


@pytest.fixture
async def waiting(pool: Pool) -> Sending:
    agency, _ = await a_sender(pool)
    await a_phone(pool, agency)
    return await sending(pool, agency)


@pytest.fixture
async def claimed(waiting: Sending) -> ClaimedDelivery:
    return (await waiting.claimed()).taken[0]


@pytest.fixture
async def sender(pool: Pool) -> tuple[UUID, str]:
    return await a_sender(pool)


@pytest.fixture
async def phone(pool: Pool, sender: tuple[UUID, str]) -> Phone:
    return await a_phone(pool, sender[0], purposes=(Purpose.PUBLIC_TASK, Purpose.EMERGENCY))


@pytest.fixture
async def line(pool: Pool) -> Line:
    return await a_line(pool)
