"""One open connection to a relay: envelopes go in one flight where it offers that (RFC 2920)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from email_worker.smtp_outcomes import GARBLED, LOST, outcome_of
from email_worker.smtp_replies import CLOSING, GO_AHEAD, NonsenseError, Replies, Reply
from email_worker.smtp_table import Phase
from tocsin_runtime.delivery.channel import Gate, Outcome, OutcomeClass
from tocsin_schemas.words import Reason

LATE: Final = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)

_FLIGHT: Final = (Phase.MAIL, Phase.RCPT, Phase.DATA)
_RESET: Final = (Phase.MAIL,)
_FINAL_DOT: Final = (Phase.FINAL_DOT,)

Heard = tuple[Phase, Reply]
"""A reply, and what it answers."""


class ConnectionLostError(Exception):
    """The relay closed, or talked nonsense."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message on its way: commands ready to send, body dot-stuffed and ended by a lone dot."""

    mail: bytes
    rcpt: bytes
    body: bytes


class SmtpConnection(asyncio.Protocol):
    """An open, greeted, authenticated connection; one message at a time."""

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        provider: str,
        pipelining: bool,
        eight_bit: bool,
        envelope_timeout: timedelta,
        timeout: timedelta,
    ) -> None:
        self.eight_bit = eight_bit
        self.open = True
        self.turned_away = False
        """The relay closed with 421, not for a recipient's sake, or talked nonsense: it wants to be left alone."""
        self.sent_body = False
        """Whether the last message got as far as its body."""
        self._provider = provider
        self._transport = transport
        self._pipelining = pipelining
        self._envelope_timeout = envelope_timeout.total_seconds()
        self._timeout = timeout.total_seconds()
        self._replies = Replies()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._awaited: Sequence[Phase] = _RESET
        self._nonsense = False
        self._used = False
        self._dirty = False

    async def hand_over(self, envelope: Envelope, *, gate: Gate, begin_by: float) -> Outcome | None:
        """Send one message.

        Returns:
            What became of it; None where a kept-open connection had gone stale and nothing was begun: use another.
        """
        reused, self._used = self._used, True
        self.sent_body = False
        if not self.in_step:
            self.close()
            return None if reused else self._lost(Phase.MAIL)
        if not gate.may_begin(begin_by):
            return LATE
        try:
            async with asyncio.timeout(self._envelope_timeout):
                heard = await self._offered(envelope)
        except (ConnectionLostError, TimeoutError):
            self.close()
            return self._lost_in_envelope(reused=reused)
        refused = _refusal(heard)
        if refused is not None:
            await self._declined(heard)
            return self._refused(*refused, reused=reused)
        return await self._body(envelope.body)

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

    async def _offered(self, envelope: Envelope) -> Sequence[Heard]:
        """What the relay says to the envelope, as far as there was reason to ask."""
        commands = (envelope.mail, envelope.rcpt, b"DATA\r\n")
        return await (self._in_one_flight(commands) if self._pipelining else self._one_by_one(commands))

    async def _in_one_flight(self, commands: Sequence[bytes]) -> Sequence[Heard]:
        flight = b"".join(commands)
        if not self._dirty:
            self._transport.write(flight)
            return list(zip(_FLIGHT, await self._read(_FLIGHT), strict=True))
        self._transport.write(b"RSET\r\n" + flight)
        _, *replies = await self._read(_RESET + _FLIGHT)
        self._dirty = False
        return list(zip(_FLIGHT, replies, strict=True))

    async def _one_by_one(self, commands: Sequence[bytes]) -> Sequence[Heard]:
        if self._dirty:
            self._transport.write(b"RSET\r\n")
            await self._read(_RESET)
            self._dirty = False
        heard: list[Heard] = []
        for phase, command in zip(_FLIGHT, commands, strict=True):
            self._transport.write(command)
            (reply,) = await self._read((phase,))
            heard.append((phase, reply))
            if not reply.positive:
                break
        return heard

    async def _declined(self, heard: Sequence[Heard]) -> None:
        """Leave the refused transaction; RFC 2920 section 3.1: it may want data although nobody is to get it."""
        self._dirty = True
        phase, last = heard[-1]
        if phase is not Phase.DATA or last.code != GO_AHEAD:
            return
        self._transport.write(b".\r\n")
        try:
            async with asyncio.timeout(self._envelope_timeout):
                await self._read((Phase.DATA,))
        except (ConnectionLostError, TimeoutError):
            self.close()

    async def _body(self, body: bytes) -> Outcome:
        self.sent_body = True
        self._transport.write(body)
        try:
            async with asyncio.timeout(self._timeout):
                (reply,) = await self._read(_FINAL_DOT)
        except (ConnectionLostError, TimeoutError):
            self.close()
            return self._lost(Phase.FINAL_DOT)
        if reply.code == CLOSING:
            self._turn_away()
        return outcome_of(Phase.FINAL_DOT, code=reply.code, text=reply.text, provider=self._provider)

    def _refused(self, phase: Phase, reply: Reply, *, reused: bool) -> Outcome | None:
        if reply.code == CLOSING:
            self.close()
            if reused and phase is Phase.MAIL:
                return None
            if phase is not Phase.RCPT:
                self._turn_away()
        return outcome_of(phase, code=reply.code, text=reply.text, provider=self._provider)

    def _lost_in_envelope(self, *, reused: bool) -> Outcome | None:
        """The refusal that came before the end, or the phase whose answer did not come."""
        refused = _refusal(list(zip(self._awaited, self._replies, strict=False)))
        if refused is not None:
            return self._refused(*refused, reused=reused)
        phase = self._awaited[min(len(self._replies), len(self._awaited) - 1)]
        return None if reused and phase is Phase.MAIL else self._lost(phase)

    def _lost(self, phase: Phase) -> Outcome:
        self.turned_away = self._nonsense
        return replace((GARBLED if self._nonsense else LOST)[phase], provider=self._provider)

    def _turn_away(self) -> None:
        self.turned_away = True
        self.close()

    async def _read(self, awaited: Sequence[Phase]) -> Sequence[Reply]:
        """One reply for each phase."""
        self._awaited = awaited
        replies, count = self._replies, len(awaited)
        if len(replies) < count:
            if not self.open:
                raise ConnectionLostError
            self._wanted = count
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return [replies.popleft() for _ in range(count)]

    def data_received(self, data: bytes) -> None:
        """Collect whole replies; whoever waits for that many is told."""
        try:
            self._replies.feed(data)
        except NonsenseError:
            self._nonsense = True
            self._lose()
            return
        if len(self._replies) >= self._wanted and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Whoever waits is told."""
        self._lose()

    def _lose(self) -> None:
        self.open = False
        self._transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionLostError())


def _refusal(heard: Sequence[Heard]) -> Heard | None:
    return next(
        (
            (phase, reply)
            for phase, reply in heard
            if not (reply.code == GO_AHEAD if phase is Phase.DATA else reply.positive)
        ),
        None,
    )
