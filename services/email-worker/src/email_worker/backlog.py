"""What waits for one relay's connections in one lane: in order, but no domain may have them all (I10)."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from email_worker.domain_caps import Allowance, DomainCaps
from email_worker.job import Message

FAST_SECONDS: Final = 1.0
_PROVEN_ANSWERS: Final = 50
_DOMAINS_KEPT: Final = 10_000


class _Domain:
    """How a destination does here: trusted once its last answers were all fast."""

    __slots__ = ("allowance", "fast", "in_flight", "parked")

    def __init__(self, allowance: Allowance | None) -> None:
        self.in_flight = 0
        self.fast = 0
        self.parked: deque[Message] = deque()
        self.allowance = allowance

    @property
    def idle(self) -> bool:
        return not self.in_flight and not self.parked


class Backlog:
    """Messages that wait. Taking one costs the same however many there are: who may not go is put aside, once."""

    def __init__(self, *, connections: int, caps: DomainCaps) -> None:
        self._cautious = -(-connections // 4)
        self._trusting = max(1, connections * 3 // 4)
        self._caps = caps
        self._ready: deque[Message] = deque()
        self._domains: dict[str, _Domain] = {}
        self._parked: dict[str, _Domain] = {}

    @property
    def waits(self) -> bool:
        """Whether messages wait, in their turn or put aside; some of them may be late."""
        return bool(self._ready or self._parked)

    def put(self, messages: Iterable[Message]) -> None:
        """Let them wait, last of all."""
        self._ready.extend(messages)

    def take(self) -> Message | None:
        """The next message whose domain has room: it is in flight until it is released."""
        ready = self._ready
        while ready:
            message = ready.popleft()
            if not message.waiting:
                continue
            domain = self._domains.get(message.domain) or self._met(message.domain)
            if domain.in_flight < self._limit(domain) and self._allowed(domain):
                domain.in_flight += 1
                message.waiting = False
                return message
            message.put_aside = domain.fast < _PROVEN_ANSWERS or domain.allowance is not None
            domain.parked.append(message)
            self._parked[message.domain] = domain
        return None

    def take_behind(self, current: Message, *, begin_by: float) -> Message | None:
        """The next message, where it may share the connection of one in flight: neither is likely to be waited for long.

        Args:
            current: The one in flight.
            begin_by: Whoever must begin earlier may not; monotonic seconds.
        """
        if not self._is_trusted(current.domain):
            return None
        own = self._domains[current.domain]
        waiting = own.parked or self._ready
        while waiting and not waiting[0].waiting:
            waiting.popleft()
        if not waiting or waiting[0].job.begin_by < begin_by or not self._is_trusted(waiting[0].domain):
            return None
        domain = self._domains[waiting[0].domain]
        if domain is not own and domain.in_flight >= self._trusting:
            return None
        domain.in_flight += 1
        message = waiting.popleft()
        message.waiting = False
        return message

    def release(self, message: Message, *, fast: bool | None) -> int:
        """A message is no longer in flight.

        Args:
            message: Which.
            fast: Whether its domain answered as a healthy one does; None where it was not asked.

        Returns:
            How many that were put aside may go now.
        """
        domain = self._domains[message.domain]
        domain.in_flight -= 1
        if domain.allowance is not None:
            domain.allowance.end()
        if fast is not None:
            domain.fast = domain.fast + 1 if fast else 0
        return self._let_go(message.domain, domain) if domain.parked else 0

    def distrust(self, message: Message) -> None:
        """Its domain takes too long to answer."""
        self._domains[message.domain].fast = 0

    def drain(self) -> Sequence[Message]:
        """Give up all that wait."""
        parked = [message for domain in self._parked.values() for message in domain.parked]
        waiting = [message for message in (*parked, *self._ready) if message.waiting]
        for domain in self._parked.values():
            domain.parked.clear()
        self._parked.clear()
        self._ready.clear()
        return waiting

    def tick(self) -> int:
        """Forget what is late, and let go what a cap held back.

        Returns:
            How many that were put aside may go now.
        """
        freed = 0
        for name, domain in list(self._parked.items()):
            while domain.parked and not domain.parked[0].waiting:
                domain.parked.popleft()
            freed += self._let_go(name, domain)
        return freed

    def _let_go(self, name: str, domain: _Domain) -> int:
        room = self._limit(domain) - domain.in_flight
        if domain.allowance is not None:
            room = min(room, domain.allowance.room(time.monotonic()))
        count = min(room, len(domain.parked))
        for _ in range(count):
            self._ready.appendleft(domain.parked.popleft())
        if not domain.parked:
            self._parked.pop(name, None)
        return max(0, count)

    def _is_trusted(self, name: str) -> bool:
        domain = self._domains.get(name)
        return domain is not None and domain.fast >= _PROVEN_ANSWERS and domain.allowance is None

    def _limit(self, domain: _Domain) -> int:
        return self._trusting if domain.fast >= _PROVEN_ANSWERS else self._cautious

    def _allowed(self, domain: _Domain) -> bool:
        return domain.allowance is None or domain.allowance.begin(time.monotonic())

    def _met(self, name: str) -> _Domain:
        if len(self._domains) >= _DOMAINS_KEPT:
            self._domains = {known: domain for known, domain in self._domains.items() if not domain.idle}
        return self._domains.setdefault(name, _Domain(self._caps.of(name)))
