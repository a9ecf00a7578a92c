"""The dialogue with one client: what it has said so far and what each command is answered. No socket; the time is told."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, Final

from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp import replies
from tocsin_sandbox.smtp.auth import AuthExchange
from tocsin_sandbox.smtp.inflow import has_long_line
from tocsin_sandbox.smtp.offer import Offer
from tocsin_sandbox.smtp.outcome import Misstep, Outcome
from tocsin_sandbox.smtp.paths import RECIPIENT, SENDER, path_of
from tocsin_sandbox.smtp.phases import Phase
from tocsin_sandbox.smtp.rules import RuleBook

MAX_RECIPIENTS: Final = 1_000
MAX_ERRORS: Final = 20

ENVELOPE_OK: Final = replies.SENDER_OK + replies.RECIPIENT_OK + replies.GO_AHEAD
ENVELOPE_PHASES: Final = frozenset({Phase.MAIL, Phase.RCPT, Phase.DATA})


class Session:
    """Commands in, outcomes out. After DATA was answered 354, `reading_body` is set and the body is due."""

    __slots__ = (
        "_begun",
        "_clock",
        "_errors",
        "_greeted",
        "_offer",
        "_recipients",
        "_rules",
        "_secure",
        "_sender",
        "_subject",
        "auth",
        "reading_body",
    )

    def __init__(self, *, offer: Offer, rules: RuleBook, client: int, clock: Callable[[], float]) -> None:
        self._offer = offer
        self._rules = rules
        self._clock = clock
        self._begun = 0.0
        self._subject = (b"%d" % client,)
        self._errors = 0
        self._secure = False
        self._sender: bytes | None = None
        self._recipients: list[bytes] = []
        self._forget()

    def greet(self) -> Outcome:
        """The banner."""
        return self._unless_ruled(Phase.CONNECT, self._subject, self._banner)

    def _banner(self) -> bytes:
        return f"220 {self._offer.name} ESMTP Tocsin sandbox\r\n".encode("ascii")

    def obey(self, line: bytes) -> Outcome:
        """Answer one command line, given without its CRLF."""
        if self.auth.pending:
            return self.auth.go_on(line)
        verb, _, argument = line.partition(b" ")
        handler = self._handlers.get(verb) or self._handlers.get(verb.upper())
        return handler(self, argument.strip()) if handler else self._unknown()

    @property
    def expects_envelope(self) -> bool:
        """Whether MAIL, RCPT and DATA in one flight may be answered at once by `begin`."""
        return (
            self._greeted
            and self._sender is None
            and (self.auth.succeeded or not self._offer.users)
            and not self.auth.pending
            and self._rules.phases.isdisjoint(ENVELOPE_PHASES)
        )

    def begin(self, envelope: re.Match[bytes]) -> bytes | None:
        """Answer MAIL, RCPT and DATA at once; None where one of them would be refused: then they go one by one."""
        sender, size, recipient = envelope.groups()
        if size and int(size) > self._offer.max_message_bytes:
            return None
        self._begun = self._clock()
        self._sender = sender
        self._recipients.append(recipient)
        self.reading_body = True
        return ENVELOPE_OK

    def end_body(self, content: bytes) -> Outcome:
        """Answer the final dot."""
        self.reading_body = False
        if has_long_line(content):
            self._reset()
            return replies.BODY_LINE_TOO_LONG
        received = Received(self._sender or b"", tuple(self._recipients), content, self._begun)
        self._reset()
        if Phase.BODY not in self._rules.phases:
            return received
        return self._unless_ruled(Phase.BODY, received.recipients, lambda: received)

    def refuse_body(self) -> bytes:
        """Answer the final dot of a body that was too big."""
        self.reading_body = False
        self._reset()
        return replies.MESSAGE_TOO_BIG

    def secured(self) -> None:
        """TLS is on; what the client said before does not count (RFC 3207 section 4.2)."""
        self._secure = True
        self._forget()

    def _forget(self) -> None:
        self._greeted = False
        self.auth = AuthExchange(users=self._offer.users)
        self._reset()

    def _reset(self) -> None:
        self._sender = None
        self._recipients = []
        self.reading_body = False

    def _unless_ruled(
        self,
        phase: Phase,
        subjects: tuple[bytes, ...],
        commit: Callable[..., bytes | Received],
        *values: object,
    ) -> Outcome:
        """The usual answer, given by commit, unless a rule applies."""
        if phase not in self._rules.phases:
            return commit(*values)
        action = self._rules.action(phase, subjects=subjects)
        return commit(*values) if action is None else Misstep(action, partial(commit, *values))

    def _unknown(self) -> bytes:
        self._errors += 1
        return replies.UNKNOWN_COMMAND if self._errors < MAX_ERRORS else replies.TOO_MANY_ERRORS

    def _ehlo(self, argument: bytes) -> Outcome:
        lines = (self._offer.name, *self._offer.keywords(secure=self._secure))
        text = "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n"
        return self._hello(argument, text.encode("ascii"))

    def _helo(self, argument: bytes) -> Outcome:
        return self._hello(argument, f"250 {self._offer.name}\r\n".encode("ascii"))

    def _hello(self, argument: bytes, reply: bytes) -> Outcome:
        if not argument:
            return replies.BAD_ARGUMENT
        return self._unless_ruled(Phase.EHLO, self._subject, self._greeted_with, reply)

    def _greeted_with(self, reply: bytes) -> bytes:
        self._greeted = True
        self._reset()
        return reply

    def _starttls(self, argument: bytes) -> Outcome:
        if not self._offer.starttls:
            return replies.NOT_OFFERED
        if self._secure or not self._greeted:
            return replies.BAD_SEQUENCE
        if argument:
            return replies.BAD_ARGUMENT
        return self._unless_ruled(Phase.STARTTLS, self._subject, lambda: replies.READY_FOR_TLS)

    def _auth(self, argument: bytes) -> Outcome:
        if not self._offer.users:
            return replies.NOT_OFFERED
        if self._offer.starttls and not self._secure:
            return replies.TLS_REQUIRED
        if not self._greeted or self.auth.succeeded or self._sender is not None:
            return replies.BAD_SEQUENCE
        return self._unless_ruled(Phase.AUTH, self._subject, self.auth.begin, argument)

    def _mail(self, argument: bytes) -> Outcome:
        if not self._greeted or self._sender is not None:
            return replies.BAD_SEQUENCE
        if self._offer.users and not self.auth.succeeded:
            return replies.AUTH_REQUIRED
        path = path_of(argument, shape=SENDER)
        if path is None:
            return replies.BAD_SENDER
        self._begun = self._clock()
        refusal = self._offer.refusal_of(path.parameters) or _not_ascii(path.address)
        return refusal or self._unless_ruled(Phase.MAIL, self._subject, self._from, path.address)

    def _from(self, sender: bytes) -> bytes:
        self._sender = sender
        return replies.SENDER_OK

    def _rcpt(self, argument: bytes) -> Outcome:
        if self._sender is None:
            return replies.BAD_SEQUENCE
        path = path_of(argument, shape=RECIPIENT)
        if path is None:
            return replies.BAD_RECIPIENT
        if path.parameters:
            return replies.UNKNOWN_PARAMETER
        if len(self._recipients) >= MAX_RECIPIENTS:
            return replies.TOO_MANY_RECIPIENTS
        refusal = _not_ascii(path.address)
        return refusal or self._unless_ruled(Phase.RCPT, (path.address,), self._to, path.address)

    def _to(self, recipient: bytes) -> bytes:
        self._recipients.append(recipient)
        return replies.RECIPIENT_OK

    def _data(self, argument: bytes) -> Outcome:
        if argument:
            return replies.BAD_ARGUMENT
        if self._sender is None:
            return replies.BAD_SEQUENCE
        if not self._recipients:
            return replies.NO_RECIPIENTS
        return self._unless_ruled(Phase.DATA, tuple(self._recipients), self._begin_body)

    def _begin_body(self) -> bytes:
        self.reading_body = True
        return replies.GO_AHEAD

    def _rset(self, argument: bytes) -> Outcome:
        if argument:
            return replies.BAD_ARGUMENT
        self._reset()
        return replies.OK

    def _noop(self, _argument: bytes) -> Outcome:
        return replies.OK

    def _vrfy(self, argument: bytes) -> Outcome:
        return replies.VERIFY if argument else replies.BAD_ARGUMENT

    def _quit(self, _argument: bytes) -> Outcome:
        return replies.BYE

    _handlers: ClassVar[Mapping[bytes, "Callable[[Session, bytes], Outcome]"]] = {
        b"EHLO": _ehlo,
        b"HELO": _helo,
        b"STARTTLS": _starttls,
        b"AUTH": _auth,
        b"MAIL": _mail,
        b"RCPT": _rcpt,
        b"DATA": _data,
        b"RSET": _rset,
        b"NOOP": _noop,
        b"VRFY": _vrfy,
        b"QUIT": _quit,
    }


def _not_ascii(address: bytes) -> bytes | None:
    return None if address.isascii() else replies.NEEDS_SMTPUTF8
