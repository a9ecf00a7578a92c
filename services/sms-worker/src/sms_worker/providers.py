"""The providers that settings name."""

from collections.abc import Sequence

from sms_worker.notify_provider import NotifyProvider
from sms_worker.provider import Provider
from sms_worker.settings import SmsWorkerSettings
from sms_worker.twilio_provider import TwilioProvider
from tocsin_providers.accounts import Account, TwilioAccount
from tocsin_providers.http.wire import Wire
from tocsin_providers.twilio.resource import Known


def providers_of(settings: SmsWorkerSettings, *, known: Known) -> Sequence[Provider]:
    """Make them, in order of preference; needs a running loop."""
    return [_provider(account, settings=settings, known=known) for account in settings.sms_providers]


def _provider(account: Account, *, settings: SmsWorkerSettings, known: Known) -> Provider:
    wire = Wire(timeout=settings.sms_timeout, connect_timeout=settings.sms_connect_timeout)
    if not isinstance(account, TwilioAccount):
        return NotifyProvider(account, wire=wire)
    return TwilioProvider(
        account,
        wire=wire,
        callback_url=f"{str(settings.public_url).rstrip('/')}/callbacks/twilio/status",
        max_price=settings.sms_max_price,
        known=known,
    )
