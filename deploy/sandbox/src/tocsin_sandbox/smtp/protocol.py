"""One connection: bytes in, replies out in their order, messages to be recorded, misbehaviour done."""

import asyncio
from typing import Final, cast

from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp import replies
from tocsin_sandbox.smtp.inflow import BodyTooBigError, Inflow, LineTooLongError
from tocsin_sandbox.smtp.neighbours import Host, Recorder
from tocsin_sandbox.smtp.outcome import ENDINGS, Ending, Misstep, Outcome
from tocsin_sandbox.smtp.paths import ENVELOPE
from tocsin_sandbox.smtp.phases import Phase, phase_of
from tocsin_sandbox.smtp.rules import ActionType
from tocsin_sandbox.smtp.session import Session

READ_AHEAD: Final = 1024 * 1024
"""Bytes taken from a client that does not wait for its answer, before it is read no further."""


class SmtpProtocol(asyncio.Protocol):
    """Answers commands in order, however many arrive in one flight; stops at what must be waited for."""

    def __init__(self, session: Session, *, inflow: Inflow, recorder: Recorder, host: Host) -> None:
        self._session = session
        self._inflow = inflow
        self._recorder = recorder
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._out: list[bytes] = []
        self._waiting = False
        self._recording = False
        self._choked = False
        self._closing = False
        self._stalled = False
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._ending = Ending.REPLY
        self.last_heard = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = cast("asyncio.Transport", transport)
        self._host.joined(self)
        if not self._closing:
            self._settle(Phase.CONNECT, self._session.greet())
            self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what is under way; a message not yet recorded stays so."""
        del exc
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        self._host.left(self)

    def data_received(self, data: bytes) -> None:
        """Answer, or lay it aside while something must be waited for."""
        self.last_heard = self._loop.time()
        if self._stalled or self._closing:
            return
        self._inflow.append(data)
        if not (self._waiting or self._choked):
            self._advance()
        elif len(self._inflow) > READ_AHEAD and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """Close: a client that can send no more has nothing to hear."""
        return False

    def pause_writing(self) -> None:
        """Do no more for a client that does not read its answers."""
        self._choked = True

    def resume_writing(self) -> None:
        """Go on."""
        self._choked = False
        if self.idle:
            self._go_on()

    @property
    def idle(self) -> bool:
        """Whether it is the client's turn."""
        return not (self._waiting or self._stalled)

    def secured(self, transport: asyncio.Transport) -> None:
        """The TLS handshake is done: start over on this transport."""
        self.transport = transport
        self._session.secured()
        self._go_on()

    def dismiss(self, farewell: bytes) -> None:
        """Say this, if it is the client's turn, and close."""
        if self.idle:
            self._out.append(farewell)
        self._close()

    def _go_on(self) -> None:
        """What was waited for is over."""
        if self._closing:
            return
        self._waiting = False
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        self._advance()

    def _advance(self) -> None:
        """Answer whatever has arrived whole, then write all replies at once, with the one to the message if that is due."""
        while len(self._inflow) and not (self._waiting or self._choked or self._closing):
            try:
                if not self._take():
                    break
            except LineTooLongError:
                self._settle(Phase.OTHER, replies.LINE_TOO_LONG)
                self._close()
        if not self._recording:
            self._flush()

    def _take(self) -> bool:
        """Answer the next envelope, line or body; say whether there was one."""
        session, inflow = self._session, self._inflow
        if session.reading_body:
            return self._take_body()
        if session.expects_envelope and self._take_envelope():
            return True
        line = inflow.take_line()
        if line is not None:
            self._settle(line, session.obey(line))
        return line is not None

    def _take_envelope(self) -> bool:
        """Three commands at once: this, and nothing but this, is why a message costs so little."""
        envelope = self._inflow.match(ENVELOPE)
        reply = self._session.begin(envelope) if envelope else None
        if envelope is None or reply is None:
            return False
        self._inflow.skip(envelope)
        self._out.append(reply)
        return True

    def _take_body(self) -> bool:
        try:
            content = self._inflow.take_body()
        except BodyTooBigError:
            self._settle(Phase.BODY, self._session.refuse_body())
            return True
        if content is not None:
            self._settle(Phase.BODY, self._session.end_body(content))
        return content is not None

    def _settle(self, said: Phase | bytes, outcome: Outcome) -> None:
        """Do what the session decided about what was said: a command line, or what ended a phase."""
        if type(outcome) is bytes:
            self._say(said, outcome)
        elif type(outcome) is Received:
            self._record(outcome, ending=Ending.REPLY)
        else:
            self._misbehave(phase_of(said) if isinstance(said, bytes) else said, cast("Misstep", outcome))

    def _say(self, said: Phase | bytes, reply: bytes) -> None:
        self._out.append(reply)
        if replies.refuses(reply):
            phase = phase_of(said) if isinstance(said, bytes) else said
            self._recorder.refuse(phase, code=replies.reply_code(reply))
        if reply is replies.READY_FOR_TLS:
            self._start_tls()
        elif replies.is_last(reply) or (said is Phase.CONNECT and replies.refuses(reply)):
            self._close()

    def _record(self, received: Received, *, ending: Ending) -> None:
        self._waiting = self._recording = True
        self._ending = ending
        self._recorder.accept(received, done=self._recorded)

    def _recorded(self, number: int | None) -> None:
        self._recording = False
        ending = self._ending if number is not None else Ending.REPLY
        if ending is Ending.DROP:
            self._close()
        elif ending is Ending.STALL:
            self._stall()
        elif not self._closing:
            if number is None:
                self._say(Phase.BODY, replies.NOT_RECORDED)
            else:
                self._out.append(replies.queued(number))
            self._go_on()

    def _misbehave(self, phase: Phase, misstep: Misstep) -> None:
        if misstep.action.delay_s:
            self._waiting = True
            self._timer = self._loop.call_later(misstep.action.delay_s, self._after_delay, phase, misstep)
        else:
            self._act(phase, misstep)

    def _after_delay(self, phase: Phase, misstep: Misstep) -> None:
        self._waiting = False
        self._act(phase, misstep)
        if not self._waiting:
            self._go_on()
        self._flush()

    def _act(self, phase: Phase, misstep: Misstep) -> None:
        kind = misstep.action.type
        if kind is ActionType.REPLY:
            self._say(phase, misstep.action.reply())
        elif kind is ActionType.GARBAGE:
            self._out.append(replies.GARBAGE)
        elif kind is ActionType.STALL:
            self._stall()
        elif kind in {ActionType.DROP, ActionType.DROP_BEFORE_ACCEPT}:
            self._close()
        else:
            self._commit(phase, misstep)

    def _commit(self, phase: Phase, misstep: Misstep) -> None:
        """The usual outcome, though late or with an unusual ending."""
        outcome = misstep.commit()
        if isinstance(outcome, Received):
            self._record(outcome, ending=ENDINGS.get(misstep.action.type, Ending.REPLY))
        else:
            self._say(phase, outcome)

    def _start_tls(self) -> None:
        self._flush()
        self._waiting = True
        self._inflow.clear()
        self.transport.pause_reading()
        self._host.secure(self)

    def _stall(self) -> None:
        """Answer nothing from now on; what arrives is thrown away, so that the client's leaving is noticed."""
        self._stalled = self._waiting = True
        self._inflow.clear()
        if self._paused:
            self.transport.resume_reading()
        self._flush()

    def _close(self) -> None:
        self._flush()
        self._closing = True
        self.transport.close()

    def _flush(self) -> None:
        if self._out:
            self.transport.write(b"".join(self._out))
            self._out.clear()
