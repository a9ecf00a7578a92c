"""What a destination bears from all worker processes together, and this process's share of it."""

from collections.abc import Mapping
from typing import Final, Protocol

from email_worker.settings import DomainCap

_BURST_SECONDS: Final = 0.2
_KEPT: Final = 10_000


class Shares(Protocol):
    """Knows how many processes there are."""

    def share(self) -> tuple[int, int]:
        """The rank of this process, from 0, and how many there are; (_, 0) while that is not known."""


class Allowance:
    """One domain's: messages in flight at once, and messages a second."""

    def __init__(self, cap: DomainCap, *, caps: "DomainCaps") -> None:
        self._cap = cap
        self._caps = caps
        self._in_flight = 0
        self._tokens = 1.0
        self._counted_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight."""
        return self._in_flight == 0

    def begin(self, now: float) -> bool:
        """Begin a message, if there is room for it."""
        if self.room(now) < 1:
            return False
        self._tokens -= 1
        self._in_flight += 1
        return True

    def end(self) -> None:
        """One message less in flight."""
        self._in_flight -= 1

    def room(self, now: float) -> int:
        """How many messages may begin now; none until it is known how many processes share."""
        rank, processes = self._caps.share()
        if processes < 1:
            return 0
        room = self._fill(now, processes=processes)
        if self._cap.connections is not None:
            whole, rest = divmod(self._cap.connections, processes)
            room = min(room, whole + (rank < rest) - self._in_flight)
        return max(0, room)

    def _fill(self, now: float, *, processes: int) -> int:
        """Whole tokens in the bucket: it holds a fifth of a second's, and at least one."""
        if self._cap.messages_per_s is None:
            self._tokens = 2.0**31
        else:
            rate = self._cap.messages_per_s / processes
            filled = self._tokens + (now - self._counted_at) * rate
            self._tokens = min(max(1.0, rate * _BURST_SECONDS), filled)
        self._counted_at = now
        return int(self._tokens)


class DomainCaps:
    """The allowances of all capped domains; shared by every relay and lane of this process."""

    def __init__(self, caps: Mapping[str, DomainCap]) -> None:
        self.shares: Shares | None = None
        self._caps = caps
        self._else = caps.get("*")
        self._allowances: dict[str, Allowance] = {}

    def share(self) -> tuple[int, int]:
        """This process's, or (0, 0) while nobody has said."""
        return (0, 0) if self.shares is None else self.shares.share()

    def of(self, domain: str) -> Allowance | None:
        """The allowance of this domain; None where it is not capped."""
        cap = self._caps.get(domain, self._else)
        if cap is None:
            return None
        if domain not in self._allowances:
            self._forget_idle()
            self._allowances[domain] = Allowance(cap, caps=self)
        return self._allowances[domain]

    def _forget_idle(self) -> None:
        if len(self._allowances) >= _KEPT:
            self._allowances = {name: one for name, one in self._allowances.items() if not one.idle}
