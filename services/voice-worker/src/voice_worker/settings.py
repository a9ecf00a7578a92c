"""Settings of the voice worker."""

from datetime import timedelta
from typing import Final

from pydantic import Field, HttpUrl, ValidationInfo, field_validator

from tocsin_providers.accounts import TwilioAccount, TwilioAccounts
from tocsin_providers.voice_settings import VoiceProviderSettings
from tocsin_runtime.settings import SigningSettings
from tocsin_runtime.voice.settings import VoiceSettings
from tocsin_schemas.words import Lane
from tocsin_store.lines import MOST

_QUEUED: Final = timedelta(minutes=1)
"""A call that was taken begins to ring within this, as a rule."""
_LISTENED: Final = timedelta(seconds=30)
"""Most who answer have heard it by then."""


class VoiceWorkerSettings(VoiceSettings, VoiceProviderSettings, SigningSettings):
    """`TOCSIN_VOICE_PROVIDERS` or `TOCSIN_SMS_PROVIDERS` names whom calls leave by; shared with alert-api."""

    public_url: HttpUrl = Field(
        description="Where providers reach alert-api: for what is said, and with reports."
    )
    voice_requests: int = Field(
        default=20, ge=1, le=500, description="Under way at each provider, of each lane, at most."
    )
    voice_calls_at_once: int = Field(
        default=MOST,
        ge=1,
        description="That go on at once, of all workers together; routine ones take three quarters of them at most.",
    )
    voice_timeout: timedelta = Field(
        default=timedelta(seconds=10), gt=timedelta(0), description="For the whole of a request."
    )
    voice_connect_timeout: timedelta = Field(default=timedelta(seconds=3), gt=timedelta(0))
    voice_paced: bool = Field(
        default=True, description="Whether we keep to the pace of callers; else their provider queues."
    )
    voice_poll_after: tuple[timedelta, ...] = Field(
        default=(timedelta(minutes=10), timedelta(hours=1)),
        description="A call without an end is asked after so long after it was taken.",
    )
    lanes: tuple[Lane, ...] = (Lane.URGENT, Lane.ROUTINE)
    database_connections: int = Field(default=6, ge=2)

    @field_validator("voice_providers")
    @classmethod
    def _somebody_calls(cls, named: TwilioAccounts, others: ValidationInfo) -> TwilioAccounts:
        of_texts = others.data.get("sms_providers", ())
        if not named and not any(isinstance(each, TwilioAccount) for each in of_texts):
            raise ValueError("needed, or a Twilio account among TOCSIN_SMS_PROVIDERS")
        return named

    @property
    def line_lasts(self) -> timedelta:
        """How long a call may take at most, as a rule."""
        return self.voice_timeout + _QUEUED + self.voice_ring + self.voice_longest

    @property
    def line_asked_after(self) -> timedelta:
        """How long most calls take: where nobody told its end, its provider is asked then whether the line is free."""
        return self.voice_timeout + self.voice_ring + _LISTENED
