"""One open connection to a relay: envelopes go in one flight where it offers that (RFC 2920)."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from email_worker.smtp_outcomes import LOST, Phase, outcome_of
from tocsin_runtime.delivery.channel import Gate, Outcome, OutcomeClass
from tocsin_schemas.words import Reason

_LONGEST_REPLY: Final = 65_536
_MOST_LINES: Final = 100
_GO_AHEAD: Final = 354
_CLOSING: Final = 421

LATE: Final = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)


class ConnectionLostError(Exception):
    """The relay closed, stalled or talked nonsense."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message on its way: commands ready to send, body dot-stuffed and ended by a lone dot."""

    mail: bytes
    rcpt: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply; the text is its first line's."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        """2yz (RFC 5321 section 4.2.1)."""
        return 200 <= self.code < 300  # noqa: PLR2004 - the RFC's


class SmtpConnection(asyncio.Protocol):
    """An open, greeted, authenticated connection; one message at a time."""

    def __init__(
        self, transport: asyncio.Transport, *, pipelining: bool, eight_bit: bool, timeout: timedelta
    ) -> None:
        self.eight_bit = eight_bit
        self.open = True
        self._transport = transport
        self._pipelining = pipelining
        self._timeout = timeout.total_seconds()
        self._buffer = bytearray()
        self._lines = 0
        self._replies: deque[Reply] = deque()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._used = False
        self._dirty = False

    async def hand_over(self, envelope: Envelope, *, gate: Gate, begin_by: float) -> Outcome | None:
        """Send one message.

        Returns:
            What became of it; None where a kept-open connection had gone stale and nothing was begun: use another.
        """
        reused, self._used = self._used, True
        if not self.in_step:
            self.close()
            return None if reused else LOST[Phase.MAIL]
        if not gate.may_begin(begin_by):
            return LATE
        phase = Phase.MAIL
        try:
            async with asyncio.timeout(self._timeout):
                refused = await self._offer(envelope)
            if refused is not None:
                return self._refused(*refused, reused=reused)
            phase = Phase.FINAL_DOT
            self._transport.write(envelope.body)
            async with asyncio.timeout(self._timeout):
                (reply,) = await self._read(1)
        except (ConnectionLostError, TimeoutError):
            self.close()
            return None if reused and phase is Phase.MAIL else LOST[phase]
        return self._settled(reply)

    @property
    def in_step(self) -> bool:
        """Whether every answer was asked for; after one that was not, nobody knows which belongs to what."""
        return not self._replies

    def close(self) -> None:
        """Leave without waiting for the answer to QUIT."""
        if self.open:
            self._transport.write(b"QUIT\r\n")
        self.open = False
        self._transport.close()

    async def _offer(self, envelope: Envelope) -> tuple[Phase, Reply] | None:
        """Offer the envelope; None where the relay wants the body, else the answer that refused it."""
        commands = [(Phase.MAIL, envelope.mail), (Phase.RCPT, envelope.rcpt), (Phase.DATA, b"DATA\r\n")]
        replies = await (self._in_one_flight(commands) if self._pipelining else self._one_by_one(commands))
        accepted = [*(reply.positive for _, reply in replies[:2]), replies[-1][1].code == _GO_AHEAD]
        if len(replies) == len(commands) and all(accepted):
            return None
        self._dirty = True
        if replies[-1][0] is Phase.DATA and replies[-1][1].code == _GO_AHEAD:
            self._transport.write(
                b".\r\n"
            )  # RFC 2920 section 3.1: it wants data although nobody is to get it
            await self._read(1)
        return next(
            (phase, reply)
            for phase, reply in replies
            if not (reply.code == _GO_AHEAD if phase is Phase.DATA else reply.positive)
        )

    async def _in_one_flight(self, commands: list[tuple[Phase, bytes]]) -> list[tuple[Phase, Reply]]:
        flight = b"".join(command for _, command in commands)
        if self._dirty:
            self._transport.write(b"RSET\r\n" + flight)
            _, *replies = await self._read(1 + len(commands))
        else:
            self._transport.write(flight)
            replies = await self._read(len(commands))
        self._dirty = False
        return [(phase, reply) for (phase, _), reply in zip(commands, replies, strict=True)]

    async def _one_by_one(self, commands: list[tuple[Phase, bytes]]) -> list[tuple[Phase, Reply]]:
        if self._dirty:
            self._transport.write(b"RSET\r\n")
            await self._read(1)
            self._dirty = False
        replies: list[tuple[Phase, Reply]] = []
        for phase, command in commands:
            self._transport.write(command)
            (reply,) = await self._read(1)
            replies.append((phase, reply))
            if not reply.positive:
                break
        return replies

    def _refused(self, phase: Phase, reply: Reply, *, reused: bool) -> Outcome | None:
        if reply.code == _CLOSING:
            self.close()
            if reused and phase is Phase.MAIL:
                return None
        return outcome_of(phase, code=reply.code, text=reply.text)

    def _settled(self, reply: Reply) -> Outcome:
        if reply.code == _CLOSING:
            self.close()
        return outcome_of(Phase.FINAL_DOT, code=reply.code, text=reply.text)

    async def _read(self, count: int) -> list[Reply]:
        if len(self._replies) < count:
            if not self.open:
                raise ConnectionLostError
            self._wanted = count
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return [self._replies.popleft() for _ in range(count)]

    def data_received(self, data: bytes) -> None:
        """Collect whole replies; the last line of one has a space after its code."""
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._lines += 1
            if not line[:3].isdigit() or self._lines > _MOST_LINES:
                self._lose()
                return
            if line[3:4] != b"-":
                self._replies.append(Reply(int(line[:3]), line[4:].decode("ascii", "replace")))
                self._lines = 0
        if len(self._buffer) > _LONGEST_REPLY:
            self._lose()
        elif len(self._replies) >= self._wanted:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Whoever waits is told."""
        self._lose()

    def _lose(self) -> None:
        self.open = False
        self._transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionLostError())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
