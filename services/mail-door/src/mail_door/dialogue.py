"""One connection: aiosmtpd's SMTP or LMTP, with our answers. It tells strangers nothing and logs nothing they say."""

import asyncio
from collections.abc import Callable
from typing import AnyStr, Final, cast

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from mail_door import replies
from mail_door.desk import Desk, refused
from mail_door.measures import Refusal
from mail_door.settings import MailSettings

log = structlog.get_logger()

_MOST_COMMANDS: Final = 1_000
"""Of one kind on one connection; a relay that sends more bounces connects again."""


class Answers:
    """The hooks that aiosmtpd calls by their names."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks it up by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or refuse it."""
        refusal = self._desk.refusal_of(address, already=len(envelope.rcpt_tos))
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or replies.RECIPIENT_OK

    async def handle_DATA(self, server: "Dialogue", _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        """Take a message or refuse it."""
        content = cast("bytes", envelope.content)  # text only where aiosmtpd is told to decode
        reply = await self._desk.take(content, recipients=envelope.rcpt_tos)
        return server.for_each(reply, recipients=len(envelope.rcpt_tos))

    async def handle_exception(self, error: Exception) -> str:
        """Ask the sender to try again: a bug, or a command that the parser choked on, loses nothing."""
        log.error("mail_dialogue_failed", error=type(error).__name__)
        return refused(Refusal.FAULT, replies.TRY_AGAIN)


class Dialogue(SMTP):
    """SMTP with one client."""

    def __init__(
        self, answers: Answers, *, settings: MailSettings, left: Callable[["Dialogue"], None]
    ) -> None:
        self.line_length_limit = settings.mail_max_bytes  # a bounce may return lines longer than allowed
        self._left = left
        super().__init__(
            answers,
            data_size_limit=settings.mail_max_bytes,
            enable_SMTPUTF8=True,  # reports about addresses that are not ASCII (RFC 6533)
            hostname=settings.bounce_domain,
            ident="ESMTP",
            timeout=settings.mail_timeout.total_seconds(),
            command_call_limit=_MOST_COMMANDS,
            loop=asyncio.get_running_loop(),
        )

    def for_each(self, reply: str, *, recipients: int) -> str:  # noqa: ARG002 - LMTP's has need of it
        """The reply to a whole message."""
        return reply

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out; a message under way is cancelled, for nobody is left to be told."""
        self._left(self)
        super().connection_lost(error)

    def dismiss(self) -> None:
        """Say goodbye and close."""
        transport = cast("asyncio.Transport | None", self.transport)
        if transport is not None:
            transport.write(replies.CLOSING.encode() + b"\r\n")
            transport.close()

    async def push(self, status: AnyStr) -> None:
        """Send a reply; some of aiosmtpd's own in our words."""
        instead = replies.INSTEAD_OF.get(status)
        if instead is None:
            await super().push(status)
            return
        refused(Refusal.TOO_BIG, instead)
        recipients = len(self.envelope.rcpt_tos) if self.envelope else 0
        await super().push(self.for_each(instead, recipients=recipients))

    async def smtp_VRFY(self, _arg: str) -> None:  # noqa: N802 - aiosmtpd looks it up by this name
        """Tell nothing, nor repeat what was asked."""
        await self.push(replies.CANNOT_VERIFY)


class LmtpDialogue(Dialogue, LMTP):
    """LMTP (RFC 2033): a reply for each recipient after the message."""

    def for_each(self, reply: str, *, recipients: int) -> str:
        """One line for each recipient; all share one transaction."""
        return "\r\n".join([reply] * max(1, recipients))
