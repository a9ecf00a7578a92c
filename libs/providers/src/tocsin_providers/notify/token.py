"""Who says so: we show Notify a signed token with each request, it shows us one that we gave it."""

import hmac
from datetime import datetime
from typing import Final

import jwt
from pydantic import SecretStr

from tocsin_providers.accounts import NotifyAccount

_BEARER: Final = "Bearer "


def request_token(account: NotifyAccount, *, now: datetime) -> str:
    """Make the token of a request; Notify takes it for 30 seconds around `now`."""
    claims = {"iss": str(account.service_id), "iat": int(now.timestamp())}
    return jwt.encode(claims, account.api_key.get_secret_value(), algorithm="HS256")


def shows(header: str | None, token: SecretStr) -> bool:
    """Whether an `Authorization` header shows this token."""
    given = (header or "").removeprefix(_BEARER).encode()
    return (header or "").startswith(_BEARER) and hmac.compare_digest(
        given, token.get_secret_value().encode()
    )
