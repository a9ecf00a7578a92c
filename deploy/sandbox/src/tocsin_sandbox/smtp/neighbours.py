"""What a connection needs of others."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from tocsin_sandbox.mailbox.received import Received


class Recorder(Protocol):
    """Where messages and refusals go."""

    def accept(self, received: Received, *, done: Callable[[int | None], None]) -> None:
        """Record the message soon; then, never from within this call, say its number, or None where it failed."""

    def refuse(self, phase: str, *, code: str) -> None:
        """Count one refusal."""


class Client(Protocol):
    """A connection, as its server sees it."""

    transport: asyncio.Transport
    last_heard: float

    @property
    def idle(self) -> bool:
        """Whether it is the client's turn."""

    def secured(self, transport: asyncio.Transport) -> None:
        """The TLS handshake is done: start over on this transport."""

    def dismiss(self, farewell: bytes) -> None:
        """Say this, if it is the client's turn, and close."""


class Host(Protocol):
    """The server, as a connection sees it."""

    def joined(self, client: Client) -> None:
        """The client has connected."""

    def left(self, client: Client) -> None:
        """The client is gone."""

    def secure(self, client: Client) -> None:
        """The client waits for its TLS handshake: `secured` is called on it, or it is closed."""
