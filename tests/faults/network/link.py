"""One connection through a proxy: two faces, and a way between them for each direction."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol, cast

from tests.faults.network.trouble import Trouble

HELD_BYTES: Final = 4 * 1024 * 1024
"""What a way holds before it reads no further: the sender then meets a full window, as on a real network."""

_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class End(Enum):
    """How a direction ends."""

    EOF = "no more bytes"
    RESET = "the connection is gone"


class Network(Protocol):
    """What a link needs of its proxy."""

    loop: asyncio.AbstractEventLoop
    trouble: Trouble
    lost: int
    """Bytes swallowed."""

    async def reach(self, face: "Face") -> None:
        """Connect this face to the server.

        Raises:
            OSError: Nobody is there.
        """

    def joined(self, link: "Link") -> None:
        """It is there."""

    def left(self, link: "Link") -> None:
        """It is gone, both faces."""


class Way:
    """One direction: bytes in their order, each as late as the trouble says, and at last their end."""

    def __init__(self, link: "Link", *, to_server: bool) -> None:
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None
        self.held = 0
        self.ended = False
        self._link = link
        self._to_server = to_server
        self._queue: deque[tuple[float, bytes | End]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closing: End | None = None
        self._full = False

    def take(self, data: bytes) -> None:
        """Hand on what arrived, now or when it may."""
        trouble = self._link.network.trouble
        if trouble.loses_answers and not self._to_server:
            self._link.network.lost += len(data)
        elif self._queue or trouble.delay or self._holds(trouble):
            self._hold(data)
            self.pump()
        else:
            self._give(data)

    def end(self, end: End) -> None:
        """No more will come; it is told behind all that did. A reset may follow the last byte."""
        if self._closing not in (end, End.RESET):
            self._closing = end
            self._hold(end)
            self.pump()

    def pump(self) -> None:
        """Hand on whatever may go by now."""
        self._stop_timer()
        trouble = self._link.network.trouble
        now = self._link.network.loop.time()
        while self._queue and not self._holds(trouble):
            due = self._queue[0][0] + trouble.delay
            if due > now:
                self._timer = self._link.network.loop.call_at(due, self.pump)
                break
            self._release(self._queue.popleft()[1])
        self.breathe()

    def breathe(self) -> None:
        """Read on, or do not, by how much is under way."""
        if self.source is None or self.source.is_closing() or self._closing:
            return
        if self._full or self.held > HELD_BYTES:
            self.source.pause_reading()
        else:
            self.source.resume_reading()

    def fill(self, *, full: bool) -> None:
        """Note whether the target takes more."""
        self._full = full
        self.breathe()

    def drop(self) -> None:
        """Forget everything: the link is gone."""
        self._stop_timer()
        self._queue.clear()
        self.held = 0
        self.ended, self._closing = True, End.RESET

    def _holds(self, trouble: Trouble) -> bool:
        stalled = trouble.holds_to_server if self._to_server else trouble.holds_to_client
        return stalled or self.target is None

    def _hold(self, what: bytes | End) -> None:
        self._queue.append((self._link.network.loop.time(), what))
        self.held += len(what) if isinstance(what, bytes) else 0

    def _release(self, what: bytes | End) -> None:
        if isinstance(what, bytes):
            self.held -= len(what)
            self._give(what)
        else:
            self._finish(what)

    def _give(self, data: bytes) -> None:
        if self._to_server and self._link.budget is not None:
            data = self._link.spend(data)
        if self.target is not None and not self.target.is_closing():
            self.target.write(data)
        if self._to_server and self._link.budget == 0:
            self._link.break_off()

    def _finish(self, end: End) -> None:
        self.ended = True
        if end is End.RESET:
            self._link.cut()
        elif self._link.over:
            self._link.close()
        elif self.target is not None and not self.target.is_closing():
            self.target.write_eof()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Face(asyncio.Protocol):
    """One side of a link: what it hears goes out by one way, what it says comes by the other."""

    def __init__(self, *, out: Way, back: Way, made: Callable[[], None], lost: Callable[[], None]) -> None:
        self._out = out
        self._back = back
        self._made = made
        self._lost = lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the two ways."""
        self._out.source = self._back.target = cast("asyncio.Transport", transport)
        self._made()
        self._back.pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the other side, behind all that was said before."""
        del exc
        self._lost()
        self._out.end(End.RESET)

    def data_received(self, data: bytes) -> None:
        """Hand it on."""
        self._out.take(data)

    def eof_received(self) -> bool:
        """Hand it on; the other direction may go on."""
        self._out.end(End.EOF)
        return True

    def pause_writing(self) -> None:
        """Ask the other side for less."""
        self._back.fill(full=True)

    def resume_writing(self) -> None:
        """Ask it for more."""
        self._back.fill(full=False)


class Link:
    """A client's connection and ours to the server."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.budget = network.trouble.cut_after
        """How many more bytes the server gets; None is any number."""
        self._to_server = Way(self, to_server=True)
        self._to_client = Way(self, to_server=False)
        self._reaching: asyncio.Task[None] | None = None
        self._faces = 0

    def client_face(self) -> Face:
        """The side of the client: it came first, and we reach for the server."""
        return Face(out=self._to_server, back=self._to_client, made=self._begin, lost=self._part)

    @property
    def ways(self) -> tuple[Way, Way]:
        """Both directions."""
        return self._to_server, self._to_client

    @property
    def over(self) -> bool:
        """Whether both directions have ended."""
        return self._to_server.ended and self._to_client.ended

    @property
    def held(self) -> int:
        """Bytes that are held, both directions."""
        return self._to_server.held + self._to_client.held

    def spend(self, data: bytes) -> bytes:
        """What of this the server may still get."""
        given = data[: self.budget]
        self.budget = None if self.budget is None else self.budget - len(given)
        return given

    def break_off(self) -> None:
        """Reset the client; the server gets what it was given, then a close."""
        self._leave(lambda transport: transport.close(), self._to_server.target)
        self.cut()

    def cut(self) -> None:
        """Reset both sides, now."""
        for way in self.ways:
            self._leave(_reset, way.target)

    def close(self) -> None:
        """Close both sides once they were told everything."""
        for way in self.ways:
            self._leave(lambda transport: transport.close(), way.target)

    def _leave(self, how: Callable[[asyncio.Transport], None], transport: asyncio.Transport | None) -> None:
        for way in self.ways:
            way.drop()
        if self._reaching is not None:
            self._reaching.cancel()
        if transport is not None and not transport.is_closing():
            how(transport)

    def _begin(self) -> None:
        self._faces += 1
        self.network.joined(self)
        if self.network.trouble.refuses:
            self.cut()
        else:
            self._reaching = self.network.loop.create_task(self._reach())

    async def _reach(self) -> None:
        face = Face(out=self._to_client, back=self._to_server, made=self._meet, lost=self._part)
        try:
            await self.network.reach(face)
        except OSError:
            self._reaching = None
            self.cut()

    def _meet(self) -> None:
        self._faces += 1
        self._reaching = None
        self.network.joined(self)  # the client may have left meanwhile

    def _part(self) -> None:
        self._faces -= 1
        if self._faces == 0:
            self.network.left(self)


def _reset(transport: asyncio.Transport) -> None:
    bare = cast("socket.socket | None", transport.get_extra_info("socket"))
    if bare is not None:  # the other side was quicker, and has not told us yet
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    transport.abort()
