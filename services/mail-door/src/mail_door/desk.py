"""Decides what is taken and what is not; what is taken is in the ledger's outbox before it is acknowledged."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from mail_door import replies
from mail_door.meanings import RECEIPTS, Kind, Meaning
from mail_door.measures import BOUNCES, REFUSED, UNMATCHED, Refusal
from mail_door.reading import READ_BYTES, meaning_of
from mail_door.return_paths import ReturnPaths
from mail_door.settings import MailSettings
from tocsin_runtime.clock import utc_now
from tocsin_runtime.health import Health
from tocsin_store.bounces import Bounce, keep_bounce
from tocsin_store.pool import UNAVAILABLE, Pool

log = structlog.get_logger()

PROVIDER: Final = "mail-door"
MOST_RECIPIENTS: Final = 100
_KEEP_SECONDS: Final = 10.0


class Desk:
    """Takes messages, some at a time. It holds nothing: what is not committed is the sender's to send again."""

    def __init__(self, settings: MailSettings, *, pool: Pool, health: Health) -> None:
        self._paths = ReturnPaths(
            keys=settings.signing_keys,
            domain=settings.bounce_domain,
            complaints=settings.mail_complaints,
        )
        self._most = settings.mail_under_way
        self._pool = pool
        self._health = health
        self._under_way = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def refusal_of(self, address: str, *, already: int) -> str | None:
        """Answer RCPT: the reply that refuses an address; None for return paths that we signed, and for complaints.

        Args:
            address: As the client gave it.
            already: How many recipients the message has.
        """
        if already >= MOST_RECIPIENTS:
            return refused(Refusal.TOO_MANY_RECIPIENTS, replies.TOO_MANY_RECIPIENTS)
        if not self._paths.has_domain_of(address):
            return refused(Refusal.OTHER_DOMAIN, replies.NOT_OURS)
        if self._paths.delivery_of(address) is None and not self._paths.is_for_complaints(address):
            return refused(Refusal.UNSIGNED, replies.NO_SUCH_ADDRESS)
        return None

    async def take(self, content: bytes, *, recipients: Sequence[str]) -> str:
        """Answer the final dot: understand the message, keep what it says of these signed addresses."""
        if self._under_way >= self._most:
            return refused(Refusal.BUSY, replies.BUSY)
        self._under_way += 1
        self.idle.clear()
        try:
            return await self._taken(content, recipients=recipients)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self.idle.set()

    async def _taken(self, content: bytes, *, recipients: Sequence[str]) -> str:
        meaning = await asyncio.to_thread(meaning_of, content)
        try:
            async with asyncio.timeout(_KEEP_SECONDS):
                await self._keep(meaning, self._deliveries(meaning, content, recipients))
        except UNAVAILABLE as error:
            log.warning("bounce_not_kept", error=type(error).__name__)
            self._health.set("database", ok=False)
            return refused(Refusal.DATABASE, replies.TRY_AGAIN)
        BOUNCES.labels(meaning.kind.value, meaning.reason.value if meaning.reason else "").inc()
        return replies.ACCEPTED

    def _deliveries(self, meaning: Meaning, content: bytes, recipients: Sequence[str]) -> set[UUID | None]:
        """What it is about, by addresses that we signed; None stands for what nobody can tell."""
        told = {self._paths.delivery_of(address) for address in recipients}
        if None in told and meaning.kind is Kind.COMPLAINED:
            told = (told - {None}) | {self._paths.quoted_in(content[:READ_BYTES])}
        return told

    async def _keep(self, meaning: Meaning, deliveries: set[UUID | None]) -> None:
        kind = RECEIPTS.get(meaning.kind)
        if kind is None:
            return
        bounce = Bounce(kind, meaning.reason, PROVIDER, meaning.status, utc_now())
        known = await keep_bounce(self._pool, bounce, deliveries=[one for one in deliveries if one])
        UNMATCHED.inc(len(deliveries) - known)


def refused(why: Refusal, reply: str) -> str:
    """Count a refusal; returns the reply."""
    REFUSED.labels(why.value).inc()
    return reply
