"""A running SMS channel, and a sandbox for it to talk to."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import aiohttp

from sms_worker.providers import providers_of
from sms_worker.settings import SmsWorkerSettings
from sms_worker.sms_channel import SmsChannel
from tests.support.emails import an_alert
from tocsin_providers.twilio.resource import Known
from tocsin_sandbox.sandbox import Sandbox
from tocsin_sandbox.settings import Settings
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent

ACCOUNT, TOKEN = "AC" + "1" * 32, "t" * 32
SENDER = "+447700900123"
ADA, BOB = "+447700900001", "+447700900002"
SERVICE, KEY, TEMPLATE, SHOWN = (str(uuid4()) for _ in range(4))

SANDBOX: Mapping[str, object] = {
    "twilio_account_sid": ACCOUNT,
    "twilio_auth_token": TOKEN,
    "twilio": {"segments_per_s": None},
    "notify_service_id": SERVICE,
    "notify_api_key": KEY,
    "notify_template_id": TEMPLATE,
}
"""Both providers at one place."""


def a_text(**changes: object) -> AlertContent:
    """An alert of an agency that sends texts."""
    return replace(an_alert(), **{"sms_from": SENDER, **changes})  # type: ignore[arg-type]


def a_claim(
    to: str = ADA, *, fence: int = 1, ambiguous: int = 0, resolve: bool = False, language: str = "en"
) -> ClaimedDelivery:
    return ClaimedDelivery(
        uuid4(), fence, 1, uuid4(), to, "Ada", language, ambiguous, ambiguous, resolve=resolve
    )


def twilio(url: str, **values: object) -> dict[str, object]:
    return {
        "name": "twilio",
        "kind": "twilio",
        "base_url": url,
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        **values,
    }


def notify(url: str, **values: object) -> dict[str, object]:
    return {
        "name": "notify",
        "kind": "notify",
        "base_url": url,
        "service_id": SERVICE,
        "api_key": KEY,
        "template_id": TEMPLATE,
        "callback_token": SHOWN,
        **values,
    }


def sms_settings(*accounts: Mapping[str, object], **values: object) -> SmsWorkerSettings:
    return SmsWorkerSettings.model_validate(
        {
            "database_url": "postgresql://nobody",
            "signing_key": "k" * 32,
            "public_url": "http://127.0.0.1:1",
            "sms_providers": accounts,
            **values,
        }
    )


def url_of(running: Sandbox) -> str:
    return f"http://127.0.0.1:{running.http_port}"


@asynccontextmanager
async def sandbox(folder: Path, **values: object) -> AsyncIterator[Sandbox]:
    settings = Settings.model_validate(
        {"smtp_port": 0, "http_port": 0, "data_dir": folder / "data", **SANDBOX, **values}
    )
    async with Sandbox(settings) as running:
        yield running


async def nothing_known(_: str, refs: Sequence[str]) -> frozenset[str]:
    """A ledger that knows none of a provider's ids."""
    return frozenset(refs[:0])


def channel_to(*accounts: Mapping[str, object], **values: object) -> AbstractAsyncContextManager[SmsChannel]:
    """Over these accounts, with a ledger that knows nothing."""
    return channel_knowing(nothing_known, sms_settings(*accounts, **values))


@asynccontextmanager
async def channel_knowing(known: Known, settings: SmsWorkerSettings) -> AsyncIterator[SmsChannel]:
    sender = SmsChannel(settings, providers=providers_of(settings, known=known))
    requests = asyncio.create_task(sender.run())
    await asyncio.sleep(0)  # it closes what it has begun
    try:
        yield sender
    finally:
        requests.cancel()
        await asyncio.wait([requests])


async def obey(running: Sandbox, *rules: Mapping[str, object], provider: str = "twilio") -> None:
    """Replace the sandbox's rules for one provider."""
    url = f"{url_of(running)}/api/{provider}/rules"
    async with aiohttp.ClientSession() as http, http.put(url, json={"rules": rules}) as answer:
        assert answer.status == 200, await answer.text()


async def turn(running: Sandbox, *, provider: str = "twilio", **behaviour: object) -> None:
    """Change how the sandbox plays a provider."""
    url = f"{url_of(running)}/api/{provider}"
    async with aiohttp.ClientSession() as http, http.post(url, json=behaviour) as answer:
        assert answer.status == 200, await answer.text()


def taken(running: Sandbox) -> list[str]:
    """To whom it has taken texts, each as often as it did."""
    kept = running.texts.kept
    return sorted(number for number in kept.phones() for _ in kept.of_phone(number))
