"""A record in hand, until it is finished or dropped."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol


class Owner(Protocol):
    """Whoever took the record from the log."""

    def admits(self, epoch: int) -> bool:
        """Whether records of this epoch may still be started."""

    async def idle(self) -> None:
        """Stay in the group without taking records."""

    def released(self, taken: "Taken", *, epoch: int, finished: bool) -> None:
        """Note that a record is in nobody's hand any more."""


@dataclass(eq=False, slots=True)
class Taken:
    """One record in hand. Call `finish` when its effect is durable, or `drop` to leave it to the next owner."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    _intake: Owner
    _epoch: int
    _open: bool = field(default=True)

    @property
    def current(self) -> bool:
        """Whether its partition is still ours and may be worked on; ask before starting."""
        return self._intake.admits(self._epoch)

    async def stay(self) -> None:
        """Keep its owner in the group while this record waits."""
        await self._intake.idle()

    def finish(self) -> None:
        """Nothing of it is left to do; its offset may be committed."""
        self._release(finished=True)

    def drop(self) -> None:
        """Not handled: it will be read again, here or elsewhere."""
        self._release(finished=False)

    def _release(self, *, finished: bool) -> None:
        if self._open:
            self._open = False
            self._intake.released(self, epoch=self._epoch, finished=finished)


class Hand:
    """How many records a reader has in hand."""

    def __init__(self) -> None:
        self.records = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def take(self, count: int) -> None:
        """Note records just taken."""
        self.records += count
        if count:
            self._empty.clear()

    def release(self) -> None:
        """Note that one is in nobody's hand any more."""
        self.records -= 1
        if self.records == 0:
            self._empty.set()

    async def emptied(self, *, within: float) -> bool:
        """Wait until none is left; False where that takes longer than so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
