"""The listening side: who is connected, TLS, idleness, and being down on demand."""

import asyncio
import logging
import ssl
import time
from datetime import timedelta
from typing import Final, cast

from tocsin_sandbox.smtp import replies
from tocsin_sandbox.smtp.inflow import Inflow
from tocsin_sandbox.smtp.neighbours import Client, Recorder
from tocsin_sandbox.smtp.offer import Offer
from tocsin_sandbox.smtp.protocol import SmtpProtocol
from tocsin_sandbox.smtp.rules import RuleBook
from tocsin_sandbox.smtp.session import Session

MAX_CLIENTS: Final = 2_000
BACKLOG: Final = 1_024
HANDSHAKE_S: Final = 10.0

log = logging.getLogger(__name__)


class SmtpServer:
    """Listens on one address. A port of 0 is chosen once and kept through every down and up."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        offer: Offer,
        rules: RuleBook,
        recorder: Recorder,
        tls: ssl.SSLContext | None = None,
        idle: timedelta = timedelta(minutes=5),
    ) -> None:
        self._host = host
        self.port = port
        self._offer = offer
        self._rules = rules
        self._recorder = recorder
        self._tls = tls
        self._idle = idle
        self._clients: set[Client] = set()
        self._seen = 0
        self._server: asyncio.Server | None = None
        self._handshakes: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def listening(self) -> bool:
        """Whether a client can connect."""
        return self._server is not None

    async def listen(self) -> None:
        """Begin to listen; nothing happens where it does.

        Raises:
            OSError: The address cannot be had.
        """
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, self._host, self.port, backlog=BACKLOG)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._sweep = loop.call_later(self._idle.total_seconds() / 4, self._dismiss_idle)
        log.info("smtp_listening port=%d", self.port)

    def go_down(self) -> None:
        """Refuse connections and cut those there are, as a host does that dies."""
        self._stop_listening()
        for client in tuple(self._clients):
            client.transport.abort()

    def close(self) -> None:
        """Refuse connections and dismiss everybody politely."""
        self._stop_listening()
        for handshake in self._handshakes:
            handshake.cancel()
        for client in tuple(self._clients):
            client.dismiss(replies.CLOSING)

    def joined(self, client: Client) -> None:
        """Count it in, or turn it away."""
        self._clients.add(client)
        if len(self._clients) > MAX_CLIENTS:
            client.dismiss(replies.TOO_MANY_CONNECTIONS)

    def left(self, client: Client) -> None:
        """Count it out."""
        self._clients.discard(client)

    def secure(self, client: Client) -> None:
        """Begin its handshake, in a task of its own."""
        handshake = asyncio.get_running_loop().create_task(self._handshake(client))
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)

    def _protocol(self) -> SmtpProtocol:
        self._seen += 1
        session = Session(offer=self._offer, rules=self._rules, client=self._seen, clock=time.time)
        inflow = Inflow(max_body=self._offer.max_message_bytes)
        return SmtpProtocol(session, inflow=inflow, recorder=self._recorder, host=self)

    async def _handshake(self, client: Client) -> None:
        plain = client.transport
        if self._tls is None:  # STARTTLS is offered only with a certificate
            return
        try:
            secured = await asyncio.get_running_loop().start_tls(
                plain,
                cast("asyncio.Protocol", client),
                self._tls,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S,
            )
        except (OSError, asyncio.CancelledError):
            log.info("tls_handshake_failed")
            plain.abort()
            self.left(client)
            return
        if secured is not None:
            client.secured(secured)

    def _stop_listening(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        if self._sweep is not None:
            self._sweep.cancel()
        log.info("smtp_not_listening port=%d", self.port)

    def _dismiss_idle(self) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time() - self._idle.total_seconds()
        for client in tuple(self._clients):
            if client.idle and client.last_heard < since:
                client.dismiss(replies.IDLE)
        self._sweep = loop.call_later(self._idle.total_seconds() / 4, self._dismiss_idle)
