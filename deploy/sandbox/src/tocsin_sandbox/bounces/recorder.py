"""Records messages, and lets those bounce that a rule says so."""

from collections.abc import Callable

from tocsin_sandbox.bounces.bouncer import Bounce, Bouncer
from tocsin_sandbox.bounces.reports import report
from tocsin_sandbox.mailbox.received import Received
from tocsin_sandbox.smtp.neighbours import Recorder
from tocsin_sandbox.smtp.phases import Phase
from tocsin_sandbox.smtp.rules import RuleBook


class BouncingRecorder:
    """A recorder before another one. Where no rule bounces, it costs nothing."""

    def __init__(self, recorder: Recorder, *, rules: RuleBook, bouncer: Bouncer) -> None:
        self._recorder = recorder
        self._rules = rules
        self._bouncer = bouncer

    def accept(self, received: Received, *, done: Callable[[int | None], None]) -> None:
        """Record it, then let it bounce."""
        if Phase.BOUNCE not in self._rules.phases:
            self._recorder.accept(received, done=done)
            return

        def recorded(number: int | None) -> None:
            done(number)
            if number is not None:
                self._consider(received)

        self._recorder.accept(received, done=recorded)

    def refuse(self, phase: str, *, code: str) -> None:
        """Count one refusal."""
        self._recorder.refuse(phase, code=code)

    def _consider(self, received: Received) -> None:
        if not received.sender:  # a bounce never bounces (RFC 5321 section 4.5.5)
            return
        for recipient in received.recipients:
            action = self._rules.action(Phase.BOUNCE, subjects=[recipient])
            if action is not None and action.style is not None:
                content = report(received, recipient=recipient, style=action.style, status=action.status)
                self._bouncer.send(Bounce(received.sender.decode("ascii"), content), after_s=action.delay_s)
