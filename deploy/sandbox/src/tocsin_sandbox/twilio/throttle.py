"""How many requests a second are let in."""

from collections import defaultdict, deque

_WINDOW_S = 1.0


class Throttle:
    """Counts those of each account within any second."""

    def __init__(self) -> None:
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)

    def lets_in(self, account: str, *, most: int | None, now: float) -> bool:
        """Whether one more may come; if so it counts. None: any number may."""
        if most is None:
            return True
        recent = self._recent[account]
        while recent and recent[0] <= now - _WINDOW_S:
            recent.popleft()
        if len(recent) >= most:
            return False
        recent.append(now)
        return True
