"""All about calls in one place: what their page and API read and do."""

from tocsin_sandbox.calls.behaviour import CallsBehaviour
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.calls.exchange import Exchange
from tocsin_sandbox.calls.line import Line
from tocsin_sandbox.phones.behaviour import Dial
from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.rules import RuleBook


class Switchboard:
    """The calls, the lines of those that are not over, and what is told of them."""

    def __init__(
        self,
        calls: Calls,
        *,
        exchange: Exchange,
        callbacks: Callbacks,
        rules: RuleBook,
        dial: Dial[CallsBehaviour],
    ) -> None:
        self.calls = calls
        self.callbacks = callbacks
        self.rules = rules
        self._exchange = exchange
        self._dial = dial

    @property
    def by_hand(self) -> list[str]:
        """The numbers somebody at the page answers."""
        return sorted(self._dial.now.by_hand)

    def line(self, sid: str) -> Line | None:
        """The line of a call; None where it is over."""
        return self._exchange.line(sid)

    def answer_by_hand(self, number: str, *, on: bool) -> None:
        """Let the next calls to this number be answered at the page, or no longer."""
        numbers = self._dial.now.by_hand
        self._dial.turn({"by_hand": numbers | {number} if on else numbers - {number}})

    def delete(self) -> None:
        """Forget all calls, also those under way."""
        self._exchange.clear()
        self.calls.delete()
