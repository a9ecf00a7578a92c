"""The line of one call while it lives: what reaches it from either end, in order."""

import asyncio
from dataclasses import dataclass
from typing import Final

_NEVER: Final = float("inf")


class HungUp(Exception):  # noqa: N818 - it is no error
    """The line is dead; `by` says who ended it."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a call is to go on: at a URL, or with what is said here."""

    url: str
    method: str = "POST"
    twiml: str = ""


class Redirected(Exception):  # noqa: N818 - it is no error
    """The client wants the call to go on elsewhere."""

    def __init__(self, to: Elsewhere) -> None:
        super().__init__(to.url)
        self.to = to


@dataclass(frozen=True, slots=True)
class _Press:
    keys: str


@dataclass(frozen=True, slots=True)
class _PickUp:
    pass


@dataclass(frozen=True, slots=True)
class _HangUp:
    by: str


_Signal = _Press | _PickUp | _HangUp | Elsewhere


class Line:
    """Everything that waits here ends when somebody hangs up. Seconds are real ones."""

    def __init__(self) -> None:
        self._signals: asyncio.Queue[_Signal] = asyncio.Queue()
        self._ends_at = _NEVER
        self._ended_by = ""

    def press(self, keys: str) -> None:
        """Press keys at the phone."""
        for key in keys:
            self._signals.put_nowait(_Press(key))

    def pick_up(self) -> None:
        """Answer by hand."""
        self._signals.put_nowait(_PickUp())

    def hang_up(self, by: str) -> None:
        """End it."""
        self._signals.put_nowait(_HangUp(by))

    def redirect(self, to: Elsewhere) -> None:
        """Let it go on elsewhere."""
        self._signals.put_nowait(to)

    def limit(self, seconds: float, *, by: str) -> None:
        """Let it end so many seconds from now at the latest; the earliest limit counts."""
        at = asyncio.get_running_loop().time() + seconds
        if at < self._ends_at:
            self._ends_at, self._ended_by = at, by

    async def lasts(self, seconds: float) -> None:
        """Let time pass; keys pressed meanwhile are not heard.

        Raises:
            HungUp: Somebody ended the call.
            Redirected: It is to go on elsewhere.
        """
        until = asyncio.get_running_loop().time() + seconds
        while await self._next(until) is not None:
            pass

    async def key(self, within: float) -> str | None:
        """The next key; None where none comes in time. Raises as `lasts` does."""
        until = asyncio.get_running_loop().time() + within
        while (signal := await self._next(until)) is not None:
            if isinstance(signal, _Press):
                return signal.keys
        return None

    async def picked_up(self, within: float) -> bool:
        """Whether somebody answers by hand in time. Raises as `lasts` does."""
        until = asyncio.get_running_loop().time() + within
        while (signal := await self._next(until)) is not None:
            if isinstance(signal, _PickUp):
                return True
        return False

    async def _next(self, until: float) -> _Signal | None:
        try:
            async with asyncio.timeout_at(min(until, self._ends_at)):
                signal = await self._signals.get()
        except TimeoutError:
            if self._ends_at <= until:
                raise HungUp(self._ended_by) from None
            return None
        if isinstance(signal, _HangUp):
            self._signals.put_nowait(signal)  # dead it stays
            raise HungUp(signal.by)
        if isinstance(signal, Elsewhere):
            raise Redirected(signal)
        return signal
