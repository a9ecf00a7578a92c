"""Notify and we know each other by tokens."""

from datetime import UTC, datetime
from uuid import UUID

import jwt
import pytest
from pydantic import SecretStr

from tocsin_providers.accounts import NotifyAccount
from tocsin_providers.notify.token import request_token, shows

TOKEN = SecretStr("a token that Notify was given")


def test_a_request_names_our_service_and_the_second() -> None:
    account = NotifyAccount(
        name="notify",
        kind="notify",
        service_id=UUID(int=1),
        api_key=SecretStr("k" * 36),
        template_id=UUID(int=2),
        callback_token=TOKEN,
    )

    token = request_token(account, now=datetime(2026, 11, 22, tzinfo=UTC))

    claims = jwt.decode(token, "k" * 36, algorithms=["HS256"], options={"verify_iat": False})
    assert claims == {"iss": str(UUID(int=1)), "iat": 1_795_305_600}


def test_whoever_shows_our_token_is_notify() -> None:
    assert shows("Bearer a token that Notify was given", TOKEN)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer ", "Bearer a token", "a token that Notify was given", "Bearer ü"]
)
def test_anybody_else_is_not(header: str | None) -> None:
    assert not shows(header, TOKEN)
