"""How the stand-in for GOV.UK Notify behaves on the whole."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, SecretStr

from tocsin_sandbox.phones.behaviour import Behaviour, Seconds


class NotifyBehaviour(Behaviour):
    """And what Notify alone has.

    `callback_url`: where delivery receipts go; `callback_token`: shown there, and where texts from phones go. `senders`:
    the number behind each `sms_sender_id`, empty: any is taken; without one texts come from `from_number`.
    `requests_per_minute`: more are refused; null: any number.
    """

    callback_url: str | None = None
    callback_token: SecretStr | None = None
    callback_retries: Annotated[int, Field(ge=0, le=100)] = 5
    callback_retry_s: Seconds = 10
    senders: Mapping[str, str] = Field(default_factory=dict)
    from_number: str = "+447700900002"
    requests_per_minute: Annotated[int, Field(ge=1)] | None = 3_000
