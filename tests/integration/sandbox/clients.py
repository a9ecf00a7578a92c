"""What talks to the stand-ins as Tocsin would: Twilio's own SDK, and a small client for Notify."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

T = TypeVar("T")

ACCOUNT = "AC" + "1" * 32
TOKEN = "a-token-of-twilio"
SERVICE = "6f1bd7a2-97b6-4ae5-b3a0-7a2f8b1f0001"
KEY = "0c1de2aa-3f63-4a4f-9d30-58d6f0a20002"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268c0003"
PHONE = "+447700900123"

THE_SDKS_WAY = pytest.mark.filterwarnings(
    "ignore:BasicAuth is deprecated:DeprecationWarning",
    "ignore:The 'auth' parameter is deprecated:DeprecationWarning",
)
"""The SDK asks aiohttp 3 for what aiohttp 4 will not have."""

SETTINGS: dict[str, object] = {
    "twilio_account_sid": ACCOUNT,
    "twilio_auth_token": TOKEN,
    "notify_service_id": SERVICE,
    "notify_api_key": KEY,
    "notify_template_id": TEMPLATE,
    "notify_callback_token": "a-token-of-ours",
}


async def soon(answer: Awaitable[T], *, within: float = 10) -> T:
    """The SDK has no timeout of its own."""
    async with asyncio.timeout(within):
        return await answer


def twilio_client(http: AsyncTwilioHttpClient, *, port: int, token: str = TOKEN) -> Client:
    """The SDK, sent to the sandbox."""
    client = Client(ACCOUNT, token, http_client=http)
    client.api.base_url = f"http://127.0.0.1:{port}"
    client.get_hostname = lambda url: url
    return client


class Twilio:
    """The SDK with a deadline on every call."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def create(self, to: str = PHONE, *, within: float = 10, **values: Any) -> MessageInstance:  # noqa: ANN401 - the SDK's arguments
        asked = {"from_": "Tocsin", "body": "Flood warning", **values}
        return await soon(self.client.messages.create_async(to=to, **asked), within=within)

    async def fetch(self, sid: str) -> MessageInstance:
        return await soon(self.client.messages(sid).fetch_async())

    async def list(self, **filters: Any) -> list[MessageInstance]:  # noqa: ANN401 - the SDK's arguments
        return list(await soon(self.client.messages.list_async(**filters)))

    async def refusal(self, **values: Any) -> tuple[int, int]:  # noqa: ANN401 - the SDK's arguments
        """The HTTP status and the code a create is refused with."""
        try:
            await self.create(**values)
        except TwilioRestException as error:
            return error.status, error.code
        raise AssertionError("it was taken")


def jwt(*, service: str = SERVICE, key: str = KEY, issued: float | None = None) -> str:
    """The token a client of Notify shows."""
    parts = ({"typ": "JWT", "alg": "HS256"}, {"iss": service, "iat": int(issued or time.time())})
    signed = b".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return (signed + b"." + _encoded(hmac.digest(key.encode(), signed, "sha256"))).decode()


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


class Notify:
    """A client of Notify."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def post(self, token: str | None = None, **values: object) -> tuple[int, Any]:
        """Send a text; the status and the answer."""
        asked = {
            "phone_number": PHONE,
            "template_id": TEMPLATE,
            "personalisation": {"message": "Flood warning"},
            **values,
        }
        headers = {"Authorization": f"Bearer {token or jwt()}"}
        async with self._http.post("/v2/notifications/sms", json=asked, headers=headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str = "") -> tuple[int, Any]:
        """Read below /v2/notifications."""
        headers = {"Authorization": f"Bearer {jwt()}"}
        async with self._http.get(f"/v2/notifications{path}", headers=headers) as answer:
            return answer.status, await answer.json()
