"""The accounts texts and calls leave by: as they are named in settings, in order of preference."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr, StringConstraints

AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=63)]
TwilioSid = Annotated[str, StringConstraints(pattern=r"^AC[0-9a-f]{32}$")]


class _Account(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: AccountName = Field(description="Provider in receipts, metrics and holds.")


class TwilioAccount(_Account):
    """An account, or a sub-account, of Twilio."""

    kind: Literal["twilio"]
    base_url: HttpUrl = HttpUrl("https://api.twilio.com")
    account_sid: TwilioSid
    auth_token: SecretStr = Field(min_length=1, description="Signs what Twilio sends us, too.")


class NotifyAccount(_Account):
    """A service of GOV.UK Notify."""

    kind: Literal["notify"]
    base_url: HttpUrl = HttpUrl("https://api.notifications.service.gov.uk")
    service_id: UUID
    api_key: SecretStr = Field(min_length=32, description="Its secret part: the last UUID of the key.")
    template_id: UUID = Field(description="Of a text whose whole body is ((message)).")
    callback_token: SecretStr = Field(min_length=16, description="What Notify shows when it reports to us.")
    sms_sender_ids: Mapping[str, UUID] = Field(
        default={}, description="An agency's sender to the service's id of it; else the service's own."
    )


Account = Annotated[TwilioAccount | NotifyAccount, Field(discriminator="kind")]
Several = TypeVar("Several", bound=Sequence[_Account])


def _named_once(accounts: Several) -> Several:
    if len({account.name for account in accounts}) < len(accounts):
        raise ValueError("each needs a name of its own")
    return accounts


Accounts = Annotated[tuple[Account, ...], AfterValidator(_named_once)]
TwilioAccounts = Annotated[tuple[TwilioAccount, ...], AfterValidator(_named_once)]


def base_of(account: Account) -> str:
    """Where its API is, without the slash at the end."""
    return str(account.base_url).rstrip("/")
