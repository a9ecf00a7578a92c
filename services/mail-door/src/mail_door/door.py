"""Listens for the relay: how many connections at a time, and how it ends."""

import asyncio
import logging
from types import TracebackType
from typing import Final, Self, cast

import structlog

from mail_door import replies
from mail_door.desk import Desk, refused
from mail_door.dialogue import Answers, Dialogue, LmtpDialogue
from mail_door.measures import CONNECTIONS, Refusal
from mail_door.settings import MailSettings

log = structlog.get_logger()

_DIALOGUES: Final = {"smtp": Dialogue, "lmtp": LmtpDialogue}
_TELLTALES: Final = ("mail.log", "mail.debug", "flufl.bounce")
"""Loggers that write down commands, and so addresses, or bodies."""


class Door:
    """`async with Door(settings, desk=desk) as door:` listens; at the end messages under way are waited for.

    Raises:
        OSError: The address cannot be had.
    """

    def __init__(self, settings: MailSettings, *, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._open: set[Dialogue] = set()

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        for name in _TELLTALES:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol, self._settings.mail_host, self._settings.mail_port
        )
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, let messages under way be answered, dismiss everybody."""
        self._server.close()
        try:
            async with asyncio.timeout(self._settings.mail_drain.total_seconds()):
                await self._desk.idle.wait()
        except TimeoutError:
            log.warning("messages_left_to_their_senders")
        for dialogue in tuple(self._open):
            dialogue.dismiss()

    def _protocol(self) -> asyncio.Protocol:
        if len(self._open) >= self._settings.mail_connections:
            return _TurnedAway()
        kind = _DIALOGUES[self._settings.mail_protocol]
        dialogue = kind(Answers(self._desk), settings=self._settings, left=self._gone)
        self._open.add(dialogue)
        CONNECTIONS.set(len(self._open))
        return dialogue

    def _gone(self, dialogue: Dialogue) -> None:
        self._open.discard(dialogue)
        CONNECTIONS.set(len(self._open))


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so and close."""
        reply = refused(Refusal.CONNECTIONS, replies.TOO_MANY_CONNECTIONS)
        client = cast("asyncio.Transport", transport)
        client.write(reply.encode() + b"\r\n")
        client.close()
