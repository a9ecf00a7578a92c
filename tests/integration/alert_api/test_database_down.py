"""The ledger down: refused honestly, with Retry-After; up again: served again, without a restart."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr

from alert_api.settings import ApiSettings
from tests.integration.alert_api.callback_client import Providers
from tests.integration.alert_api.conftest import Agency, serving
from tests.support.callers import PUBLIC, TWILIO, a_call_sid, a_sid, called, texted, told
from tocsin_runtime.tokens import Unsubscribe, sign_seen, sign_unsubscribe
from tocsin_schemas.words import Channel, Purpose

GONE = "postgresql://nobody@127.0.0.1:1/gone"
KEY = "tcsn_0123456789ab_secret"


@pytest.fixture
def without_database(settings: ApiSettings) -> ApiSettings:
    return settings.model_copy(update={"database_url": SecretStr(GONE)})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/alerts"),
        ("GET", "/v1/alerts"),
        ("GET", "/v1/receipts"),
        ("GET", "/v1/suppressions"),
        ("GET", "/v1/replies"),
        ("POST", f"/v1/suppressions/{uuid4()}/lift"),
        ("GET", f"/v1/alerts/{uuid4()}"),
        ("GET", f"/v1/alerts/{uuid4()}/acknowledgements"),
    ],
)
async def test_everything_is_unavailable(without_database: ApiSettings, method: str, path: str) -> None:
    async with serving(without_database) as api:
        answer = await api.client(KEY).send(method, path)

    assert (answer.status, answer.at("type")) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0


async def test_it_lives_but_is_not_ready(without_database: ApiSettings) -> None:
    async with serving(without_database) as api:
        health = await api.client(None).get("/health")
        ready = await api.client(None).get("/ready")

    assert health.status == 200
    assert (ready.status, ready.json) == (503, {"ready": False, "database": "down", "kafka": "down"})


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        f"/u/{sign_unsubscribe(b'k' * 32, Unsubscribe(uuid4(), uuid4(), Purpose.SERVICE, Channel.EMAIL))}",
        f"/s/{sign_seen(b'k' * 32, uuid4(), fence=1)}",
    ],
    ids=["unsubscribe", "seen"],
)
async def test_a_link_says_to_try_again(without_database: ApiSettings, method: str, path: str) -> None:
    async with serving(without_database) as api:
        answer = await api.client(None).send(method, path)

    assert answer.status == 503
    assert "try again" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/callbacks/twilio/status", told(a_sid(), "delivered")),
        ("/callbacks/twilio/messages", texted("STOP", number="+447700900001", to="+447700900002")),
        ("/callbacks/twilio/calls", called(a_call_sid(), "completed")),
    ],
)
async def test_a_provider_is_told_to_report_again(
    without_database: ApiSettings, path: str, form: dict[str, str]
) -> None:
    settings = without_database.model_copy(update={"sms_providers": (TWILIO,), "public_url": PUBLIC})
    async with serving(settings) as api:
        answer = await Providers(api).twilio(path, form)

    assert (answer.status, answer.at("type")) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0


async def test_no_free_connection_is_unavailable(settings: ApiSettings, agency: Agency) -> None:
    tight = settings.model_copy(update={"database_connections": 1, "database_wait": timedelta(seconds=1)})
    async with serving(tight) as api, api.services.database.connection():
        answer = await api.client(agency.key).get("/v1/alerts")

    assert answer.status == 503
