"""One member's text, ready for a provider; or why there is none."""

from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from sms_worker.provider import Outgoing, Sought
from sms_worker.settings import SmsWorkerSettings
from tocsin_providers.http.lookups import made_at
from tocsin_providers.http.wire import LATE
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass, Scope
from tocsin_runtime.numbers import REFUSED_COUNTRIES, is_allowed, region_of
from tocsin_runtime.sms.prices import cost_of
from tocsin_runtime.sms.text import CompositionError, Text, compose
from tocsin_runtime.tokens import sign_callback
from tocsin_schemas.words import Reason
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.content import AlertContent

log = structlog.get_logger()

_KEPT: Final = 128
_BROKEN: Final = Outcome(OutcomeClass.DEFECT, Reason.RENDERING, scope=Scope.ALERT)
_NO_SENDER: Final = Outcome(OutcomeClass.PAUSE, Reason.SENDER_REFUSED, scope=Scope.SENDER)
_ABROAD: Final = Outcome(OutcomeClass.PERMANENT, Reason.COUNTRY_REFUSED)
_CLAIMS_LOOKED_BACK_ON: Final = 8
"""An attempt whose outcome is unknown was made under one of the last few fences."""

_Key = tuple[UUID, int, str]


class Texts:
    """Composes an alert once per version and language; nothing of a member stands in it."""

    def __init__(self, settings: SmsWorkerSettings) -> None:
        self._settings = settings
        self._key, *_ = settings.signing_keys
        self._texts: OrderedDict[_Key, Text | None] = OrderedDict()

    def outgoing(self, batch: Batch, claimed: ClaimedDelivery, *, now: datetime) -> Outgoing | Outcome:
        """The text of one member.

        Args:
            batch: Of its alert.
            claimed: Whose it is.
            now: By this process's clock; what has expired by it is not sent.
        """
        sender = batch.content.sms_from
        if sender is None:
            return _NO_SENDER
        if not is_allowed(claimed.address, countries=self._settings.sms_countries):
            REFUSED_COUNTRIES.labels(region_of(claimed.address) or "").inc()
            return _ABROAD
        text = self.text(batch, language=claimed.language)
        if text is None:
            return _BROKEN
        valid_for = int((batch.content.expires_at - now).total_seconds())
        if valid_for < 1:
            return LATE
        return Outgoing(
            to=claimed.address,
            body=text.body,
            sender=sender,
            reference=sign_callback(self._key, claimed.id, fence=claimed.fence),
            valid_for=valid_for,
            segments=text.segments,
            cost=self._cost(text.segments, claimed.address),
        )

    def sought(self, batch: Batch, claimed: ClaimedDelivery) -> Sought | None:
        """What an earlier attempt of this delivery looked like; None where none can have been made."""
        sender, text = batch.content.sms_from, self.text(batch, language=claimed.language)
        if sender is None or text is None:
            return None
        fences = range(max(1, claimed.fence - _CLAIMS_LOOKED_BACK_ON), claimed.fence)
        references = [sign_callback(self._key, claimed.id, fence=fence) for fence in reversed(fences)]
        return Sought(claimed.address, text.body, sender, references, made_at(claimed.id))

    def with_price(self, outcome: Outcome, batch: Batch, claimed: ClaimedDelivery) -> Outcome:
        """Say what a text that was found is billed as."""
        text = self.text(batch, language=claimed.language)
        if outcome.of is not OutcomeClass.OK or text is None:
            return outcome
        return replace(outcome, segments=text.segments, cost=self._cost(text.segments, claimed.address))

    def text(self, batch: Batch, *, language: str) -> Text | None:
        """What members who read this language get; None where it cannot be composed."""
        key = (batch.alert_id, batch.version, language)
        if key not in self._texts:
            self._texts[key] = self._composed(batch.content, language=language)
            if self._texts[key] is None:
                log.error("composing_failed", alert=str(batch.alert_id))
            if len(self._texts) > _KEPT:
                self._texts.popitem(last=False)
        return self._texts[key]

    def segments(self, content: AlertContent) -> int:
        """How many segments a text of this alert has at most, whatever its member reads; at least 1."""
        blocks = content.body["info"]
        languages = {str(block["language"]) for block in blocks} if isinstance(blocks, list) else set()
        texts = [self._composed(content, language=language) for language in languages]
        return max((text.segments for text in texts if text is not None), default=1)

    def _composed(self, content: AlertContent, *, language: str) -> Text | None:
        try:
            return compose(
                content.body,
                agency_name=content.agency_name,
                sms_from=content.sms_from,
                language=language,
                replace_typography=self._settings.sms_replace_typography,
            )
        except CompositionError:
            return None

    def _cost(self, segments: int, number: str) -> int | None:
        return cost_of(segments, region=region_of(number), prices=self._settings.sms_prices)
