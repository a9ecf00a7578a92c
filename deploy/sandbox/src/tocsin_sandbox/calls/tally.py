"""What is counted of all calls, also of those no longer kept."""

from collections import Counter

from tocsin_sandbox.calls.call import Asked, Call
from tocsin_sandbox.phones.tally import Busiest
from tocsin_sandbox.phones.text import NONE


class Tally:
    """Counts since the calls were last deleted; references stay in memory, about 200 bytes a call."""

    def __init__(self, *, before: int = 0) -> None:
        self.before = before
        self.taken = 0
        self.duplicates = 0
        self.lines = 0
        """Of all transcripts."""
        self.by_status: Counter[str] = Counter()
        self.live: Counter[str] = Counter()
        """Calls that are not over, by number."""
        self.most_at_once = 0
        self.most_to_one_number = 0
        self.created = Busiest()
        self._seen: set[str] = set()

    def add(self, asked: Asked, *, at: float) -> int:
        """Count the next call; its number."""
        self.taken += 1
        self.created.add(1, at=at)
        if asked.reference != NONE:
            self.duplicates += asked.reference in self._seen
            self._seen.add(asked.reference)
        return self.last_number

    def moved(self, old: Call | None, new: Call) -> None:
        """Count a call under its new status."""
        if old is not None:
            self.by_status[old.status] -= 1
        else:
            self._begun(new.asked.to)
        self.by_status[new.status] += 1
        if new.final and not (old is not None and old.final):
            self._over(new.asked.to)

    @property
    def at_once(self) -> int:
        """Calls that are not over."""
        return self.live.total()

    @property
    def last_number(self) -> int:
        """The highest number given so far; numbers have no gaps."""
        return self.before + self.taken

    def _begun(self, number: str) -> None:
        self.live[number] += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.most_to_one_number = max(self.most_to_one_number, self.live[number])

    def _over(self, number: str) -> None:
        self.live[number] -= 1
        if not self.live[number]:
            del self.live[number]
