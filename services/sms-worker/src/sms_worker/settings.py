"""Settings of the SMS worker."""

from datetime import timedelta
from decimal import Decimal

from pydantic import Field, HttpUrl

from tocsin_providers.accounts import Accounts
from tocsin_runtime.delivery.polling import SCHEDULE
from tocsin_runtime.delivery.slow_receipts import Patience
from tocsin_runtime.settings import SigningSettings
from tocsin_runtime.sms.settings import SmsSettings
from tocsin_schemas.words import Lane


class SmsWorkerSettings(SmsSettings, SigningSettings):
    """`TOCSIN_SMS_PROVIDERS` names whom texts leave by; it and the signing key are shared with alert-api."""

    public_url: HttpUrl = Field(description="Where providers reach alert-api with what became of a text.")
    sms_providers: Accounts = Field(min_length=1, description="In order of preference.")
    sms_requests: int = Field(
        default=40, ge=1, le=500, description="Under way at each provider, of each lane, at most."
    )
    sms_timeout: timedelta = Field(
        default=timedelta(seconds=10), gt=timedelta(0), description="For the whole of a request."
    )
    sms_connect_timeout: timedelta = Field(default=timedelta(seconds=3), gt=timedelta(0))
    sms_max_price: Decimal | None = Field(
        default=None,
        gt=0,
        description="Of one message, in the currency of the Twilio account; no limit by default.",
    )
    sms_paced: bool = Field(
        default=True, description="Whether we keep to the pace of senders; else their provider queues."
    )
    sms_poll_after: tuple[timedelta, ...] = Field(
        default=SCHEDULE, description="A text without an end is asked after so long after it was taken."
    )
    sms_slow_share: float = Field(
        default=0.3, gt=0, le=1, description="Of texts without an end; above it a provider is slow."
    )
    sms_slow_least: int = Field(default=20, ge=1, description="Texts before their share means anything.")
    sms_slow_after: timedelta = Field(
        default=timedelta(minutes=4), description="A text should have an end by then."
    )
    sms_slow_until: timedelta = Field(
        default=timedelta(minutes=10), description="Older ones are not looked at."
    )
    sms_slow_rest: timedelta = Field(
        default=timedelta(minutes=5), description="A slow provider is left alone so long."
    )
    lanes: tuple[Lane, ...] = (Lane.URGENT, Lane.ROUTINE)
    database_connections: int = Field(default=6, ge=2)

    @property
    def patience(self) -> Patience:
        """With providers that are silent."""
        return Patience(
            share=self.sms_slow_share,
            least=self.sms_slow_least,
            after=self.sms_slow_after,
            until=self.sms_slow_until,
            rest=self.sms_slow_rest,
        )
