"""What is counted of all texts, also of those no longer kept."""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from tocsin_sandbox.phones.text import NONE, Draft, Provider, Text

WINDOW_S: Final = 1.0


class Busiest:
    """The most segments a sender had taken within any second, by the second's end."""

    def __init__(self) -> None:
        self.most = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._sum = 0

    def add(self, segments: int, *, at: float) -> None:
        """Count one text; texts come in the order of their times."""
        self._recent.append((at, segments))
        self._sum += segments
        while self._recent[0][0] <= at - WINDOW_S:
            self._sum -= self._recent.popleft()[1]
        self.most = max(self.most, self._sum)


class Tally:
    """Counts since the texts were last deleted; references stay in memory, about 200 bytes a text."""

    def __init__(self, *, before: int = 0) -> None:
        self.before = before
        self.segments = 0
        self.by_provider: Counter[Provider] = Counter()
        self.by_status: Counter[str] = Counter()
        self.busiest: dict[str, Busiest] = {}
        self.inbound = 0
        self._references: list[str] = []
        self._distinct: set[str] = set()
        self._without = 0

    def add(self, draft: Draft, *, taken_at: float) -> int:
        """Count the next text; its number."""
        self._references.append(draft.reference)
        if draft.reference == NONE:
            self._without += 1
        else:
            self._distinct.add(draft.reference)
        self.segments += draft.segments
        self.by_provider[draft.provider] += 1
        self.busiest.setdefault(draft.sender or draft.service, Busiest()).add(draft.segments, at=taken_at)
        return self.last_number

    def moved(self, old: Text | None, new: Text) -> None:
        """Count a text under its new status."""
        if old is not None:
            self.by_status[old.status] -= 1
        self.by_status[new.status] += 1

    @property
    def taken(self) -> int:
        """All texts providers took responsibility for."""
        return len(self._references)

    @property
    def last_number(self) -> int:
        """The highest number given so far; numbers have no gaps."""
        return self.before + len(self._references)

    @property
    def distinct(self) -> int:
        """Different references."""
        return len(self._distinct)

    @property
    def duplicates(self) -> int:
        """Texts whose reference had been seen; one without any is never a duplicate."""
        return self.taken - self._without - self.distinct

    def references(self, *, after: int, limit: int) -> tuple[int, Sequence[str]]:
        """The references behind a number, in order, with the number of the first of them."""
        place = max(after, self.before) - self.before
        return self.before + place + 1, self._references[place : place + limit]
