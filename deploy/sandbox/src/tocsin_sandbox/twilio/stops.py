"""The words by which Twilio itself keeps a number from a sender, where it is told to."""

from typing import Final

_STOP: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START: Final = frozenset({"START", "UNSTOP", "YES"})


class Stops:
    """Who stopped which sender, by number or messaging service."""

    def __init__(self) -> None:
        self._stopped: set[tuple[str, str]] = set()

    def hear(self, body: str, *, number: str, sender: str) -> None:
        """A phone texted a sender: the single words count, others do not."""
        word = body.strip().upper()
        if word in _STOP:
            self._stopped.add((number, sender))
        elif word in _START:
            self._stopped.discard((number, sender))

    def stopped(self, number: str, *, sender: str) -> bool:
        """Whether this number wants nothing of this sender."""
        return (number, sender) in self._stopped

    def clear(self) -> None:
        """Forget all."""
        self._stopped.clear()
