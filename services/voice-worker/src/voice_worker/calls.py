"""One member's call, ready for a provider; or why there is none."""

from datetime import datetime
from typing import Final

from tocsin_providers.http.lookups import made_at
from tocsin_providers.http.wire import LATE
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass, Scope
from tocsin_runtime.numbers import REFUSED_COUNTRIES, is_allowed, region_of
from tocsin_runtime.tokens import sign_callback
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery
from voice_worker.settings import VoiceWorkerSettings
from voice_worker.twilio_caller import Call, Sought

_NO_SENDER: Final = Outcome(OutcomeClass.PAUSE, Reason.SENDER_REFUSED, scope=Scope.SENDER)
_ABROAD: Final = Outcome(OutcomeClass.PERMANENT, Reason.COUNTRY_REFUSED)


class Calls:
    """Says who is called, from where. What is said is nobody's business before somebody answers."""

    def __init__(self, settings: VoiceWorkerSettings) -> None:
        self._countries = settings.voice_countries
        self._key, *_ = settings.signing_keys

    def outgoing(self, batch: Batch, claimed: ClaimedDelivery, *, now: datetime) -> Call | Outcome:
        """The call to one member.

        Args:
            batch: Of its alert.
            claimed: Whose it is.
            now: By this process's clock; about what has expired by it nobody is called.
        """
        sender = batch.content.voice_from
        if sender is None:
            return _NO_SENDER
        if not is_allowed(claimed.address, countries=self._countries):
            REFUSED_COUNTRIES.labels(region_of(claimed.address) or "").inc()
            return _ABROAD
        if batch.content.expires_at <= now:
            return LATE
        return Call(claimed.address, sender, sign_callback(self._key, claimed.id, fence=claimed.fence))

    def sought(self, batch: Batch, claimed: ClaimedDelivery) -> Sought | None:
        """What an earlier attempt of this delivery looked like; None where none can have been made."""
        sender = batch.content.voice_from
        return None if sender is None else Sought(claimed.address, sender, made_at(claimed.id))
