"""The accounts that settings name."""

from collections.abc import Sequence

from tocsin_providers.http.wire import Wire
from tocsin_providers.twilio.resource import Known
from voice_worker.settings import VoiceWorkerSettings
from voice_worker.twilio_caller import Manner, TwilioCaller


def callers_of(settings: VoiceWorkerSettings, *, known: Known) -> Sequence[TwilioCaller]:
    """Make them, in order of preference; needs a running loop."""
    manner = Manner(
        public_url=str(settings.public_url).rstrip("/"),
        ring=settings.voice_ring,
        longest=settings.voice_longest,
        machine_detection=settings.voice_machine_detection,
    )
    return [
        TwilioCaller(
            account,
            wire=Wire(timeout=settings.voice_timeout, connect_timeout=settings.voice_connect_timeout),
            manner=manner,
            known=known,
        )
        for account in settings.call_accounts
    ]
