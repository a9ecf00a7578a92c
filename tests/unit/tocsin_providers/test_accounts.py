"""Accounts are read from one JSON list, and a wrong one is not taken."""

import pytest
from pydantic import TypeAdapter, ValidationError

from tocsin_providers.accounts import Accounts, NotifyAccount, TwilioAccount, base_of

READ = TypeAdapter[tuple[TwilioAccount | NotifyAccount, ...]](Accounts)
TWILIO = {"name": "twilio", "kind": "twilio", "account_sid": "AC" + "0" * 32, "auth_token": "t"}
NOTIFY = {
    "name": "notify",
    "kind": "notify",
    "base_url": "http://127.0.0.1:8025/notify",
    "service_id": "00000000-0000-0000-0000-000000000001",
    "api_key": "00000000-0000-0000-0000-000000000002",
    "template_id": "00000000-0000-0000-0000-000000000003",
    "callback_token": "sixteen letters.",
}


def test_accounts_keep_their_order() -> None:
    twilio, notify = READ.validate_python([TWILIO, NOTIFY])

    assert (type(twilio), base_of(twilio)) == (TwilioAccount, "https://api.twilio.com")
    assert (type(notify), base_of(notify)) == (NotifyAccount, "http://127.0.0.1:8025/notify")


def test_secrets_are_not_shown() -> None:
    shown = repr(READ.validate_python([{**TWILIO, "auth_token": "hidden"}, NOTIFY]))

    assert "hidden" not in shown
    assert "sixteen" not in shown


@pytest.mark.parametrize(
    "accounts",
    [
        [TWILIO, TWILIO],
        [{**TWILIO, "kind": "carrier"}],
        [{**TWILIO, "account_sid": "SM1"}],
        [{**TWILIO, "service_id": "x"}],
        [{**NOTIFY, "callback_token": "short"}],
        [{**NOTIFY, "name": "A name"}],
    ],
)
def test_a_wrong_account_is_refused(accounts: list[object]) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(accounts)
