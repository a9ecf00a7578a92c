"""A TCP proxy of ours in front of one server: the network between it and everybody else, and what goes wrong there."""

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Self, TypeVar

import uvloop

from tests.faults.network.link import Face, Link
from tests.faults.network.trouble import CALM, Trouble, together

T = TypeVar("T")

_HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 10.0


class Proxy:
    """Forwards while inside `with`, in a thread of its own.

    Every fault may be called from any thread, and is in force when the call returns. Those that last return their
    trouble: several may be there at once, and `heal` ends one of them or all.
    """

    def __init__(self, name: str, *, to_port: int) -> None:
        self.name = name
        self._to_port = to_port
        self._port = 0
        self._started: Future[_Listening] = Future()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Listen; returns when it does."""
        listener = socket.create_server((_HOST, 0), backlog=1_024)
        self._port = int(listener.getsockname()[1])
        self._started = Future()
        self._thread = threading.Thread(target=self._run, args=(listener,), name=f"proxy {self.name}")
        self._thread.start()
        self._started.result(_PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        """Cut everything and listen no more."""
        self._do(lambda listening: listening.stop.set())
        if self._thread is not None:
            self._thread.join(_PATIENCE_SECONDS)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1: the same from entry to exit."""
        return self._port

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._do(lambda listening: len(listening.links))

    @property
    def held(self) -> int:
        """How many bytes are held or late at this moment."""
        return self._do(lambda listening: sum(link.held for link in listening.links))

    @property
    def lost(self) -> int:
        """How many bytes of answers were swallowed so far."""
        return self._do(lambda listening: listening.lost)

    def delay(self, seconds: float) -> Trouble:
        """Make each direction later by that; the order of bytes is kept."""
        return self._add(Trouble(delay=seconds))

    def cut(self) -> None:
        """Reset every connection; new ones work."""
        self._do(lambda listening: listening.cut())

    def refuse(self) -> Trouble:
        """Reset every connection, and each new one."""
        return self._add(Trouble(refuses=True))

    def stall(self, *, to_server: bool = True, to_client: bool = True) -> Trouble:
        """Hold the bytes of these directions: connections stay, new ones connect and hang. Healed, the bytes go on."""
        return self._add(Trouble(holds_to_server=to_server, holds_to_client=to_client))

    def lose_answers(self) -> Trouble:
        """Swallow what the server says from now on; healed, all connections are cut: it did, and nobody was told."""
        return self._add(Trouble(loses_answers=True))

    def cut_after(self, bytes_to_server: int) -> Trouble:
        """Cut each connection, new ones too, once the server got so many more bytes through it."""
        return self._add(Trouble(cut_after=bytes_to_server))

    def heal(self, trouble: Trouble | None = None) -> None:
        """End this trouble, or all of them; nothing happens where it has ended."""
        self._do(lambda listening: listening.heal(trouble))

    def _add(self, trouble: Trouble) -> Trouble:
        self._do(lambda listening: listening.add(trouble))
        return trouble

    def _do(self, act: "Callable[[_Listening], T]") -> T:
        """Do it in the proxy's thread; returns when it is done."""
        listening = self._started.result(_PATIENCE_SECONDS)
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(act(listening))
            except BaseException as error:  # noqa: BLE001 - whoever asked is told, in the other thread
                done.set_exception(error)

        listening.loop.call_soon_threadsafe(run)
        return done.result(_PATIENCE_SECONDS)

    def _run(self, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve(listener))

    async def _serve(self, listener: socket.socket) -> None:
        listening = _Listening(asyncio.get_running_loop(), to_port=self._to_port)
        server = await listening.loop.create_server(listening.face, sock=listener)
        self._started.set_result(listening)
        await listening.stop.wait()
        server.close()
        while listening.links:
            listening.cut()
            await asyncio.sleep(0)


class _Listening:
    """The proxy inside its own thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, to_port: int) -> None:
        self.loop = loop
        self.trouble = CALM
        self.links: set[Link] = set()
        self.lost = 0
        self.stop = asyncio.Event()
        self._to_port = to_port
        self._troubles: list[Trouble] = []

    def face(self) -> Face:
        """The client's side of a new link."""
        return Link(self).client_face()

    async def reach(self, face: Face) -> None:
        """Connect this face to the server."""
        await self.loop.create_connection(lambda: face, _HOST, self._to_port)

    def joined(self, link: Link) -> None:
        """Count it in."""
        self.links.add(link)

    def left(self, link: Link) -> None:
        """Count it out."""
        self.links.discard(link)

    def cut(self) -> None:
        """Reset every connection."""
        for link in tuple(self.links):
            link.cut()

    def add(self, trouble: Trouble) -> None:
        """Put it in force."""
        self._troubles.append(trouble)
        self._change()
        if trouble.refuses:
            self.cut()

    def heal(self, trouble: Trouble | None) -> None:
        """End it, or all."""
        ended = [one for one in self._troubles if trouble is None or one is trouble]
        self._troubles = [one for one in self._troubles if one not in ended]
        if any(one.loses_answers for one in ended):
            self.cut()
        self._change()

    def _change(self) -> None:
        before, self.trouble = self.trouble, together(self._troubles)
        for link in tuple(self.links):
            if before.cut_after != self.trouble.cut_after:
                link.budget = self.trouble.cut_after
            for way in link.ways:
                way.pump()
