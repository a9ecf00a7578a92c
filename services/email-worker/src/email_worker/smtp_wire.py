"""The bytes of one connection: commands out, whole replies in, each waited for no longer than it may take."""

import asyncio
from collections.abc import Sequence

from email_worker.smtp_replies import NonsenseError, Replies, Reply


class ConnectionLostError(Exception):
    """The relay closed, kept us waiting too long, or talked nonsense."""


class SmtpWire(asyncio.Protocol):
    """Replies to what was written, in order; one reader at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.open = True
        self.nonsense = False
        """Whether something came that is no reply."""
        self._transport = transport
        self._replies = Replies()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def unread(self) -> Sequence[Reply]:
        """Replies that nobody has read: asked for by a reading that was cut short, or by nobody."""
        return self._replies

    def write(self, data: bytes, *, seconds: float | None = None) -> None:
        """Send it, if there is anything; what is read from now on has so long to come, where given."""
        if data:
            self._transport.write(data)
        if seconds is not None:
            self._hurry(seconds)

    async def read(self, count: int) -> Sequence[Reply]:
        """So many replies.

        Raises:
            ConnectionLostError: They did not all come; those that did are `unread`.
        """
        replies = self._replies
        if len(replies) < count:
            if not self.open:
                raise ConnectionLostError
            self._wanted = count
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return [replies.popleft() for _ in range(count)]

    def close(self) -> None:
        """Leave without waiting for the answer to QUIT."""
        if self.open:
            self._transport.write(b"QUIT\r\n")
        self.open = False
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Collect whole replies; whoever waits for that many is told."""
        try:
            self._replies.feed(data)
        except NonsenseError:
            self.nonsense = True
            self._lose()
            return
        if len(self._replies) >= self._wanted and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Whoever waits is told."""
        self._lose()

    def _hurry(self, seconds: float) -> None:
        """One timer serves many messages: a timeout for each costs more than all else here."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(self._deadline, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._deadline:
            self._lose()
        else:
            self._timer = loop.call_at(self._deadline, self._look_at_the_clock)

    def _lose(self) -> None:
        self.open = False
        self._transport.abort()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionLostError())
