"""One member's message, ready for a relay; or why there is none."""

from collections import OrderedDict
from typing import Final
from uuid import UUID

import structlog

from email_worker.mime import Skeleton, Values, is_plain_address, skeleton
from email_worker.render import render
from email_worker.settings import EmailSettings
from email_worker.smtp_connection import Envelope
from tocsin_runtime.delivery.channel import Batch, Outcome, OutcomeClass, Scope
from tocsin_runtime.tokens import Unsubscribe, sign_return_path, sign_seen, sign_unsubscribe
from tocsin_schemas.words import Channel, Reason
from tocsin_store.claim import ClaimedDelivery

log = structlog.get_logger()

_SKELETONS_KEPT: Final = 128
_BROKEN: Final = Outcome(OutcomeClass.DEFECT, Reason.RENDERING, scope=Scope.ALERT)
_BROKEN_FOR_ONE: Final = Outcome(OutcomeClass.PERMANENT, Reason.RENDERING)
_NO_ADDRESS: Final = Outcome(OutcomeClass.PERMANENT, Reason.ADDRESS_INVALID)

_Key = tuple[UUID, int, str, bool]


class Envelopes:
    """Renders an alert once per version and language, and splices each member in."""

    def __init__(self, settings: EmailSettings) -> None:
        self._key, *_ = settings.signing_keys
        self._public_url = str(settings.public_url).rstrip("/")
        self._bounce_domain = settings.bounce_domain
        self._skeletons: OrderedDict[_Key, Skeleton | None] = OrderedDict()
        self._said_of: UUID | None = None

    def envelope(self, batch: Batch, claimed: ClaimedDelivery, *, eight_bit: bool) -> Envelope | Outcome:
        """The message of one member; what is wrong with the alert is wrong for all, with a member for them alone."""
        if not is_plain_address(claimed.address):
            return _NO_ADDRESS
        frame = self._skeleton((batch.alert_id, batch.version, claimed.language, eight_bit), batch)
        if frame is None:
            return _BROKEN
        try:
            return self._spliced(frame, batch, claimed, eight_bit=eight_bit)
        except Exception as error:  # noqa: BLE001 - whatever their data does to us, the others get their messages
            self._say_once(batch, error)
            return _BROKEN_FOR_ONE

    def _say_once(self, batch: Batch, error: Exception) -> None:
        if self._said_of != batch.alert_id:
            self._said_of = batch.alert_id
            log.error("splicing_failed", alert=str(batch.alert_id), error=type(error).__name__)

    def _spliced(
        self, frame: Skeleton, batch: Batch, claimed: ClaimedDelivery, *, eight_bit: bool
    ) -> Envelope:
        body = frame.spliced(self._values(batch, claimed))
        path = f"{sign_return_path(self._key, claimed.id)}@{self._bounce_domain}"
        mail = f"MAIL FROM:<{path}>{' BODY=8BITMIME' if eight_bit else ''}\r\n"
        return Envelope(mail.encode(), f"RCPT TO:<{claimed.address}>\r\n".encode(), body)

    def _skeleton(self, key: _Key, batch: Batch) -> Skeleton | None:
        if key not in self._skeletons:
            self._skeletons[key] = self._made(batch, language=key[2], eight_bit=key[3])
            if len(self._skeletons) > _SKELETONS_KEPT:
                self._skeletons.popitem(last=False)
        return self._skeletons[key]

    def _made(self, batch: Batch, *, language: str, eight_bit: bool) -> Skeleton | None:
        try:
            return skeleton(render(batch.content, language=language), batch.content, eight_bit=eight_bit)
        except Exception as error:  # noqa: BLE001 - of our template or their text: the alert stops, not the worker
            if not self._is_known(batch):
                log.error("rendering_failed", alert=str(batch.alert_id), error=type(error).__name__)
            return None

    def _is_known(self, batch: Batch) -> bool:
        """Whether this alert has been called broken before, in another language."""
        alert = (batch.alert_id, batch.version)
        return any(key[:2] == alert and frame is None for key, frame in self._skeletons.items())

    def _values(self, batch: Batch, claimed: ClaimedDelivery) -> Values:
        content = batch.content
        right = Unsubscribe(claimed.member_id, content.agency_id, content.purpose, Channel.EMAIL)
        return Values(
            to=claimed.address,
            message_id=f"{claimed.id}@{self._bounce_domain}",
            name=claimed.name,
            unsubscribe=f"{self._public_url}/u/{sign_unsubscribe(self._key, right)}",
            seen=f"{self._public_url}/s/{sign_seen(self._key, claimed.id, fence=claimed.fence)}"
            if content.asks
            else "",
        )
