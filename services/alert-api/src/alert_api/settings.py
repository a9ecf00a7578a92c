"""Settings of alert-api."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from pydantic import Field, IPvAnyNetwork

from alert_api.alert_plan import Plans
from alert_api.bodies import MAX_BYTES
from tocsin_providers.accounts import Account
from tocsin_providers.voice_settings import VoiceProviderSettings
from tocsin_runtime.settings import SigningSettings
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_runtime.voice.settings import VoiceSettings


class MessageSettings(SmsSettings, VoiceSettings):
    """Where texts and calls may go, and at what price."""


class ApiSettings(SigningSettings, MessageSettings, VoiceProviderSettings):
    """`TOCSIN_<NAME>`; durations are ISO 8601 or seconds."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=7300, ge=0, le=65_535)
    public_url: str = Field(default="http://127.0.0.1:7300", pattern=r"^https?://[^\s/]+$")
    environment: Literal["local", "production"] = "production"
    database_connections: int = Field(default=10, ge=1)
    database_wait: timedelta = Field(
        default=timedelta(seconds=3), description="For a free connection; then 503."
    )
    handover_wait: timedelta = Field(default=timedelta(milliseconds=250), description="For the bell's ack.")
    relay_sweep: timedelta = timedelta(milliseconds=250)
    rate_limit: int = Field(default=6_000, ge=1, description="Requests of an agency in a window.")
    rate_limit_strangers: int = Field(default=600, ge=1, description="Requests of one address without a key.")
    rate_window: timedelta = Field(default=timedelta(seconds=60), ge=timedelta(seconds=1))
    inflight_bytes_agency: int = Field(
        default=8 * MAX_BYTES, ge=MAX_BYTES, description="Of an agency's bodies at a time."
    )
    inflight_bytes: int = Field(default=64 * MAX_BYTES, ge=MAX_BYTES, description="Of all bodies at a time.")
    body_wait: timedelta = Field(default=timedelta(seconds=30), description="For a whole body; then 408.")
    default_plans: Plans = Field(
        default={}, description="JSON, by severity: the plan of alerts that name neither channels nor a plan."
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="Networks whose X-Forwarded-Proto and -Host are believed."
    )

    @property
    def accounts(self) -> Sequence[Account]:
        """Whose reports are taken in: those of texts and those of calls, each once."""
        return tuple({each.name: each for each in (*self.call_accounts, *self.sms_providers)}.values())
