"""What can be set, by environment variables that begin with TOCSIN_SANDBOX_."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.notify.account import NotifyAccount
from tocsin_sandbox.notify.behaviour import NotifyBehaviour
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour

Port = Annotated[int, Field(ge=0, le=65_535)]


class Settings(BaseSettings):
    """Port 0 means: choose one that is free."""

    model_config = SettingsConfigDict(
        env_prefix="TOCSIN_SANDBOX_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 2525
    http_host: str = "127.0.0.1"
    http_port: Port = 8025
    data_dir: Path = Path(".tocsin/sandbox")
    keep_messages: Annotated[int, Field(ge=0)] = 1_000
    keep_bytes: Annotated[int, Field(ge=0)] = 64 * 1024 * 1024
    fsync: bool = False
    rules_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    auth_users: dict[str, SecretStr] = Field(default_factory=dict)
    max_message_bytes: Annotated[int, Field(ge=1_024, le=256 * 1024 * 1024)] = 10 * 1024 * 1024
    hidden_extensions: frozenset[str] = frozenset()
    bounce_host: str = "127.0.0.1"
    bounce_port: Annotated[int, Field(ge=1, le=65_535)] = 2526
    keep_texts: Annotated[int, Field(ge=1)] = 50_000
    keep_calls: Annotated[int, Field(ge=1)] = 5_000
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")] | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_accounts: dict[str, SecretStr] = Field(default_factory=dict)
    twilio_inbound_url: str | None = None
    twilio: TwilioBehaviour = TwilioBehaviour()
    twilio_calls: CallsBehaviour = CallsBehaviour()
    notify_service_id: UUID | None = None
    notify_api_key: SecretStr | None = None
    notify_template_id: UUID | None = None
    notify_callback_url: str | None = None
    notify_callback_token: SecretStr | None = None
    notify_inbound_url: str | None = None
    notify: NotifyBehaviour = NotifyBehaviour()
    idle: Annotated[timedelta, Field(gt=timedelta())] = timedelta(minutes=5)

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if (self.twilio_account_sid is None) != (self.twilio_auth_token is None):
            raise ValueError("twilio_account_sid and twilio_auth_token go together")
        service = (self.notify_service_id, self.notify_api_key, self.notify_template_id)
        if any(service) and not all(service):
            raise ValueError("notify_service_id, notify_api_key and notify_template_id go together")
        return self

    def twilio_tokens(self) -> dict[str, str]:
        """The token of each account; without any, every request is refused."""
        tokens = {sid: token.get_secret_value() for sid, token in self.twilio_accounts.items()}
        if self.twilio_account_sid is not None and self.twilio_auth_token is not None:
            tokens[self.twilio_account_sid] = self.twilio_auth_token.get_secret_value()
        return tokens

    def twilio_behaviour(self) -> TwilioBehaviour:
        """How the stand-in for Twilio begins."""
        return self.twilio.model_copy(update=_given(inbound_url=self.twilio_inbound_url))

    def notify_account(self) -> NotifyAccount:
        """The service Notify knows; without one, every request is refused."""
        key = self.notify_api_key
        return NotifyAccount(
            service_id=str(self.notify_service_id or ""),
            api_key="" if key is None else key.get_secret_value(),
            template_id=str(self.notify_template_id or ""),
        )

    def notify_behaviour(self) -> NotifyBehaviour:
        """How the stand-in for Notify begins."""
        given = _given(
            callback_url=self.notify_callback_url,
            callback_token=self.notify_callback_token,
            inbound_url=self.notify_inbound_url,
        )
        return self.notify.model_copy(update=given)


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
