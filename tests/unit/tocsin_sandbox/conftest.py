"""A connection without a socket: what it is fed is bytes, what it answers is bytes."""

import asyncio
from collections.abc import Callable

import pytest

from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp.inflow import Inflow
from tocsin_sandbox.smtp.neighbours import Client
from tocsin_sandbox.smtp.offer import Offer
from tocsin_sandbox.smtp.protocol import SmtpProtocol
from tocsin_sandbox.smtp.rules import RuleBook, RuleSet
from tocsin_sandbox.smtp.session import Session


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True


class Recorder:
    """Accepts messages, and says so only when told to settle, as the mailbox does at the end of a turn."""

    def __init__(self) -> None:
        self.accepted: list[Received] = []
        self.refused: list[tuple[str, str]] = []
        self.full = False
        self._waiting: list[Callable[[int | None], None]] = []

    def accept(self, received: Received, *, done: Callable[[int | None], None]) -> None:
        self.accepted.append(received)
        self._waiting.append(done)

    def refuse(self, phase: str, *, code: str) -> None:
        self.refused.append((phase, code))

    def settle(self) -> None:
        while self._waiting:
            self._waiting.pop(0)(None if self.full else len(self.accepted))


class Nobody:
    """A server that only has this client."""

    def joined(self, client: Client) -> None:
        pass

    def left(self, client: Client) -> None:
        pass

    def secure(self, client: Client) -> None:
        pass


class Connection:
    """One client; `say` feeds bytes and gives what was answered since."""

    def __init__(self, rules: RuleSet, *, offer: Offer) -> None:
        self.wire = Wire()
        self.recorder = Recorder()
        self.now = 0.0
        self.protocol = SmtpProtocol(
            Session(offer=offer, rules=RuleBook(rules), client=1, clock=lambda: self.now),
            inflow=Inflow(max_body=offer.max_message_bytes),
            recorder=self.recorder,
            host=Nobody(),
        )
        self.protocol.connection_made(self.wire)

    def say(self, data: bytes) -> bytes:
        self.protocol.data_received(data)
        self.recorder.settle()
        return self.heard()

    def heard(self) -> bytes:
        answer = bytes(self.wire.written)
        self.wire.written.clear()
        return answer


Connect = Callable[..., Connection]


@pytest.fixture
async def connect() -> Connect:
    """Make a connection, greeted; needs the running loop."""

    def made(rules: RuleSet | None = None, *, offer: Offer | None = None) -> Connection:
        return Connection(rules or RuleSet(), offer=offer or Offer())

    return made
