"""One open connection to a relay: where it offers that an envelope goes in one flight, behind the last body (RFC 2920)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from email_worker.smtp_outcomes import GARBLED, LOST, outcome_of
from email_worker.smtp_replies import CLOSING, GO_AHEAD, Reply
from email_worker.smtp_table import Phase
from email_worker.smtp_wire import ConnectionLostError, SmtpWire
from tocsin_runtime.delivery.channel import Gate, Outcome, OutcomeClass
from tocsin_schemas.words import Reason

LATE: Final = Outcome(OutcomeClass.LATE, Reason.HAND_OVER_LATE)

_FLIGHT: Final = (Phase.MAIL, Phase.RCPT, Phase.DATA)
_RESET: Final = (Phase.MAIL,)

Heard = tuple[Phase, Reply]
"""A reply, and what it answers."""


class Envelope(NamedTuple):
    """One message on its way: commands ready to send, body dot-stuffed and ended by a lone dot."""

    mail: bytes
    rcpt: bytes
    body: bytes

    @property
    def flight(self) -> bytes:
        """Everything before the body."""
        return self.mail + self.rcpt + b"DATA\r\n"


Behind = Callable[[], Envelope | None]
"""Asked when a body is about to go: whose envelope may go right behind it."""


class SmtpConnection:
    """An open, greeted, authenticated connection; one message at a time."""

    def __init__(
        self,
        wire: SmtpWire,
        *,
        provider: str,
        pipelining: bool,
        eight_bit: bool,
        envelope_timeout: timedelta,
        timeout: timedelta,
    ) -> None:
        self.eight_bit = eight_bit
        self.turned_away = False
        """The relay closed with 421, not for a recipient's sake, or talked nonsense: it wants to be left alone."""
        self.sent_body = False
        """Whether the last message got as far as its body."""
        self._wire = wire
        self._provider = provider
        self._pipelining = pipelining
        self._envelope_seconds = envelope_timeout.total_seconds()
        self._seconds = timeout.total_seconds()
        self._awaited: Sequence[Phase] = _RESET
        self._ahead: Envelope | None = None
        self._used = False
        self._dirty = False

    async def hand_over(
        self, envelope: Envelope, *, gate: Gate, begin_by: float, behind: Behind | None = None
    ) -> Outcome | None:
        """Send one message.

        Args:
            envelope: Of this one; if the last body had one behind it, the same, or the connection is of no use any more.
            gate: Asked before anything of it is begun.
            begin_by: What to ask it; monotonic seconds.
            behind: Where the relay takes commands in one flight: what goes with the body.

        Returns:
            What became of it; None where a kept-open connection had gone stale and nothing was begun: use another.
        """
        reused, self._used = self._used, True
        self.sent_body = False
        if not self._is_open_for(envelope) or not await self._is_fresh():
            self.close()
            return None if reused else self._lost(Phase.MAIL)
        if not gate.may_begin(begin_by):
            self.take_back()
            return LATE
        try:
            heard = await self._offered(envelope)
        except ConnectionLostError:
            return self._lost_in_envelope(reused=reused)
        refused = _refusal(heard)
        if refused is not None:
            await self._declined(heard)
            return self._refused(*refused, reused=reused)
        return await self._body(envelope.body, behind=behind)

    @property
    def open(self) -> bool:
        """Whether another message may be tried on it."""
        return self._wire.open

    @property
    def in_step(self) -> bool:
        """Whether every answer was asked for; after one that was not, nobody knows which belongs to what."""
        return not self._wire.unread

    def take_back(self) -> None:
        """Close it if an envelope went behind the last body: its message is not to follow."""
        if self._ahead is not None:
            self.close()

    def close(self) -> None:
        """Leave without waiting for the answer to QUIT."""
        self._wire.close()

    def _is_open_for(self, envelope: Envelope) -> bool:
        return self.in_step if self._ahead is None else self._ahead is envelope

    async def _is_fresh(self) -> bool:
        """Leave the last transaction behind, where the next flight does not: the gate is asked with nothing to wait for."""
        if self._dirty and not self._pipelining:
            try:
                await self._asked(b"RSET\r\n", _RESET)
            except ConnectionLostError:
                return False
            self._dirty = False
        return True

    async def _offered(self, envelope: Envelope) -> Sequence[Heard]:
        """What the relay says to the envelope, as far as there was reason to ask."""
        return await (self._in_one_flight(envelope) if self._pipelining else self._one_by_one(envelope))

    async def _in_one_flight(self, envelope: Envelope) -> Sequence[Heard]:
        went, self._ahead = self._ahead is not None, None
        if not self._dirty:
            replies = await self._asked(b"" if went else envelope.flight, _FLIGHT)
            return list(zip(_FLIGHT, replies, strict=True))
        _, *replies = await self._asked(b"RSET\r\n" + envelope.flight, _RESET + _FLIGHT)
        self._dirty = False
        return list(zip(_FLIGHT, replies, strict=True))

    async def _one_by_one(self, envelope: Envelope) -> Sequence[Heard]:
        heard: list[Heard] = []
        commands = (envelope.mail, envelope.rcpt, b"DATA\r\n")
        for phase, command in zip(_FLIGHT, commands, strict=True):
            (reply,) = await self._asked(command, (phase,))
            heard.append((phase, reply))
            if not reply.positive:
                break
        return heard

    async def _asked(self, commands: bytes, phases: Sequence[Phase]) -> Sequence[Reply]:
        """One reply for each phase, all of them within the time an envelope has."""
        self._awaited = phases
        self._wire.write(commands, seconds=self._envelope_seconds)
        return await self._wire.read(len(phases))

    async def _declined(self, heard: Sequence[Heard]) -> None:
        """Leave the refused transaction; RFC 2920 section 3.1: it may want data although nobody is to get it."""
        self._dirty = True
        phase, last = heard[-1]
        if phase is Phase.DATA and last.code == GO_AHEAD:
            with suppress(
                ConnectionLostError
            ):  # the refusal stands; the next message gets another connection
                await self._asked(b".\r\n", (Phase.DATA,))

    async def _body(self, body: bytes, *, behind: Behind | None) -> Outcome:
        self.sent_body = True
        self._ahead = behind() if behind is not None and self._pipelining else None
        flight = b"" if self._ahead is None else self._ahead.flight
        self._wire.write(body + flight, seconds=self._seconds)
        try:
            (reply,) = await self._wire.read(1)
        except ConnectionLostError:
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
        refused = _refusal(list(zip(self._awaited, self._wire.unread, strict=False)))
        if refused is not None:
            return self._refused(*refused, reused=reused)
        phase = self._awaited[min(len(self._wire.unread), len(self._awaited) - 1)]
        return None if reused and phase is Phase.MAIL else self._lost(phase)

    def _lost(self, phase: Phase) -> Outcome:
        self.turned_away = self._wire.nonsense
        return replace((GARBLED if self._wire.nonsense else LOST)[phase], provider=self._provider)

    def _turn_away(self) -> None:
        self.turned_away = True
        self.close()


def _refusal(heard: Sequence[Heard]) -> Heard | None:
    for phase, reply in heard:
        if not (reply.code == GO_AHEAD if phase is Phase.DATA else reply.positive):
            return phase, reply
    return None
