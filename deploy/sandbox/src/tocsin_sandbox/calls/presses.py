"""The keys somebody presses at each prompt."""

import asyncio
from collections.abc import Iterator
from zlib import crc32

from tocsin_sandbox.calls.line import Line
from tocsin_sandbox.phones.callee import Callee, Who


class Presses:
    """Of one call; whether any are pressed, and how fast, is drawn by its lot."""

    def __init__(self, callee: Callee, *, line: Line, lot: str, speed: float) -> None:
        drawn = crc32(f"{lot} keys".encode()) / 2**32
        presses = callee.who is Who.HUMAN and drawn < callee.key_share
        self._keys: Iterator[str] = iter(callee.keys if presses else ())
        self._callee = callee
        self._line = line
        self._lot = lot
        self._speed = speed
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, *, interrupting: bool) -> None:
        """A prompt begins, or ends where they do not interrupt: press this prompt's keys soon."""
        if interrupting is not self._callee.interrupts:
            return
        keys = next(self._keys, "")
        after_s = self._callee.key_after_s.drawn(f"{self._lot} {keys}") / self._speed
        if keys:
            self._timer = asyncio.get_running_loop().call_later(after_s, self._line.press, keys)

    def stop(self) -> None:
        """Press no more."""
        if self._timer is not None:
            self._timer.cancel()
