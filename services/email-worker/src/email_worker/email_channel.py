"""The email channel: renders an alert once, splices each member in, hands over through the relay."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from email_worker.mime import Skeleton, Values, is_plain_address, skeleton
from email_worker.render import RenderingError, render
from email_worker.settings import EmailSettings
from email_worker.smtp_connection import Envelope
from email_worker.smtp_opening import OpeningError, connect
from email_worker.smtp_pool import Job, SmtpPool
from tocsin_runtime.delivery.channel import Batch, Gate, Outcome, OutcomeClass
from tocsin_runtime.tokens import Unsubscribe, sign_return_path, sign_unsubscribe
from tocsin_schemas.words import Channel, Lane, Reason
from tocsin_store.claim import ClaimedDelivery

log = structlog.get_logger()

_SKELETONS_KEPT: Final = 128
_DEFECT: Final = Outcome(OutcomeClass.DEFECT, Reason.RENDERING)
_NO_ADDRESS: Final = Outcome(OutcomeClass.PERMANENT, Reason.ADDRESS_INVALID)


@dataclass(frozen=True, slots=True)
class Signing:
    """How links and return paths are made."""

    key: bytes
    public_url: str
    bounce_domain: str


class EmailChannel:
    """One relay, a pool of connections for each lane."""

    def __init__(self, settings: EmailSettings) -> None:
        self.name = settings.smtp_name
        self._settings = settings
        self._signing = Signing(
            key=settings.signing_key.get_secret_value().encode(),
            public_url=str(settings.public_url).rstrip("/"),
            bounce_domain=settings.bounce_domain,
        )
        self._pools = {lane: SmtpPool(settings, size=settings.smtp_connections) for lane in settings.lanes}
        self._skeletons: OrderedDict[tuple[UUID, int, str, bool], Skeleton | None] = OrderedDict()

    async def run(self) -> None:
        """Keep the connections at work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for pool in self._pools.values():
                group.create_task(pool.run())

    async def send(self, batch: Batch, *, gate: Gate) -> Sequence[Outcome]:
        """Hand every message over; one outcome for each, in order."""

        def envelope_of(number: int, eight_bit: bool) -> Envelope | Outcome:  # noqa: FBT001 - called with both, always
            return self._envelope(batch, batch.deliveries[number], eight_bit=eight_bit)

        job = Job(len(batch.deliveries), envelope_of, gate=gate, begin_by=batch.begin_by)
        return await self._pool(batch.content.lane).send(job)

    async def probe(self) -> bool:
        """Whether the relay greets us and lets us in."""
        try:
            connection = await connect(self._settings)
        except OpeningError:
            return False
        connection.close()
        return True

    def _pool(self, lane: Lane) -> SmtpPool:
        return self._pools.get(lane) or next(iter(self._pools.values()))

    def _envelope(self, batch: Batch, claimed: ClaimedDelivery, *, eight_bit: bool) -> Envelope | Outcome:
        if not is_plain_address(claimed.address):
            return _NO_ADDRESS
        frame = self._skeleton(batch, language=claimed.language, eight_bit=eight_bit)
        if frame is None:
            return _DEFECT
        try:
            body = frame.spliced(self._values(batch, claimed))
        except UnicodeEncodeError:  # a lone surrogate in this member's data
            return _DEFECT
        path = f"{sign_return_path(self._signing.key, claimed.id)}@{self._signing.bounce_domain}"
        mail = f"MAIL FROM:<{path}>{' BODY=8BITMIME' if eight_bit else ''}\r\n"
        return Envelope(mail.encode(), f"RCPT TO:<{claimed.address}>\r\n".encode(), body)

    def _skeleton(self, batch: Batch, *, language: str, eight_bit: bool) -> Skeleton | None:
        key = (batch.alert_id, batch.version, language, eight_bit)
        if key not in self._skeletons:
            self._skeletons[key] = _made(batch, language=language, eight_bit=eight_bit)
            if len(self._skeletons) > _SKELETONS_KEPT:
                self._skeletons.popitem(last=False)
        return self._skeletons[key]

    def _values(self, batch: Batch, claimed: ClaimedDelivery) -> Values:
        content = batch.content
        right = Unsubscribe(claimed.member_id, content.agency_id, content.purpose, Channel.EMAIL)
        return Values(
            to=claimed.address,
            message_id=f"{claimed.id}@{self._signing.bounce_domain}",
            name=claimed.name,
            unsubscribe=f"{self._signing.public_url}/u/{sign_unsubscribe(self._signing.key, right)}",
        )


def _made(batch: Batch, *, language: str, eight_bit: bool) -> Skeleton | None:
    """Render the alert; None, said once, where its content or our template is at fault."""
    try:
        return skeleton(render(batch.content, language=language), batch.content, eight_bit=eight_bit)
    except (RenderingError, ValueError) as error:
        log.error(
            "rendering_failed", alert=str(batch.alert_id), language=language, error=type(error).__name__
        )
        return None
