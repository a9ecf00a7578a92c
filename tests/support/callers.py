"""What providers send us, signed as they do."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from tocsin_providers.accounts import NotifyAccount, TwilioAccount

PUBLIC: Final = "https://alerts.example"
OUR_TOKEN: Final = "twilio's token"
TWILIO: Final = TwilioAccount(
    name="twilio", kind="twilio", account_sid="AC" + "1" * 32, auth_token=SecretStr(OUR_TOKEN)
)
NOTIFY: Final = NotifyAccount(
    name="notify",
    kind="notify",
    service_id=UUID(int=1),
    api_key=SecretStr(str(UUID(int=2))),
    template_id=UUID(int=3),
    callback_token=SecretStr("the token of notify"),
)
SHOWN: Final = {"Authorization": "Bearer the token of notify"}
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def a_sid() -> str:
    """A message's id."""
    return f"SM{uuid4().hex}"


def a_call_sid() -> str:
    """A call's id."""
    return f"CA{uuid4().hex}"


def signed(
    path: str, form: Mapping[str, str], *, token: str = OUR_TOKEN, base: str = PUBLIC
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of what Twilio sends to a path, query included."""
    signature = str(RequestValidator(token).compute_signature(base + path, dict(form)))
    return urlencode(form).encode(), {**_FORM, "X-Twilio-Signature": signature}


def told(sid: str, status: str, *, code: str | None = None) -> dict[str, str]:
    """The form of a status callback."""
    form = {
        "AccountSid": TWILIO.account_sid,
        "MessageSid": sid,
        "MessageStatus": status,
        "To": "+447700900001",
    }
    return form if code is None else {**form, "ErrorCode": code}


def called(sid: str, status: str = "in-progress", **more: str) -> dict[str, str]:
    """The form of what is asked, or told, of a call."""
    return {
        "AccountSid": TWILIO.account_sid,
        "CallSid": sid,
        "CallStatus": status,
        "Direction": "outbound-api",
        "To": "+441134960001",
        **more,
    }


def texted(body: str, *, number: str, to: str, sid: str | None = None, **more: str) -> dict[str, str]:
    """The form of a text that came in."""
    return {
        "AccountSid": TWILIO.account_sid,
        "MessageSid": sid or a_sid(),
        "From": number,
        "To": to,
        "Body": body,
        **more,
    }
