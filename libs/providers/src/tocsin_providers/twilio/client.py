"""The official SDK over our own connections.

Its own transport has no deadline, logs every request, and does not say whether one went out.
"""

import logging
from base64 import b64encode
from collections.abc import Mapping
from typing import Final, Protocol

from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from tocsin_providers.accounts import TwilioAccount
from tocsin_providers.http.wire import Once, Wire

FORM: Final = "application/x-www-form-urlencoded"

_ENVIRONMENT: Final = {"TWILIO_REGION": ""}
"""Not the process's own, which could send us elsewhere."""


class RestResponse(Protocol):
    """What of the SDK's answers is used."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class RestClient(Protocol):
    """What of the SDK's client is used: requests as it makes them, without the objects it makes of their answers."""

    async def request_async(self, method: str, uri: URL, *, data: Once | None = None) -> RestResponse:
        """Make a request with the account's credentials; raises what the wire does."""


class Transport(AsyncHttpClient):  # type: ignore[misc] # the SDK tells no types
    """The SDK's seam for connections."""

    def __init__(self, wire: Wire, account: TwilioAccount) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._wire = wire
        pair = f"{account.account_sid}:{account.auth_token.get_secret_value()}"
        self._authorization = f"Basic {b64encode(pair.encode()).decode()}"

    async def request(
        self, method: str, url: URL, *, data: Once | None, headers: Mapping[str, str], **_: object
    ) -> Response:
        """Make a request as the SDK wants it; its deadline is the wire's."""
        answer = await self._wire.ask(
            method, url, headers={**headers, "Authorization": self._authorization}, body=data
        )
        return Response(answer.status, answer.text, answer.headers)


def rest_client(account: TwilioAccount, *, wire: Wire) -> RestClient:
    """Make the SDK's client of an account."""
    client: RestClient = Client(
        account.account_sid,
        account.auth_token.get_secret_value(),
        http_client=Transport(wire, account),
        environment=_ENVIRONMENT,
    )
    return client
