"""A server, and clients that reach it through a proxy."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from tests.faults.network.proxy import Proxy

PATIENCE = 10.0


@dataclass
class Echo:
    """A server that says what it hears, and remembers it."""

    port: int = 0
    heard: bytearray = field(default_factory=bytearray)
    clients: int = 0
    farewells: list[str] = field(default_factory=list)
    """How each connection ended, as the server saw it."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients += 1
        try:
            while data := await reader.read(65_536):
                self.heard += data
                writer.write(data)
                await writer.drain()
            self.farewells.append("closed")
        except ConnectionError:
            self.farewells.append("reset")
        finally:
            writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    running = Echo()
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    yield running
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy("echo", to_port=echo.port) as proxy:
        yield proxy


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self, count: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(count)

    async def ask(self, data: bytes) -> bytes:
        await self.say(data)
        return await self.hear(len(data))

    async def rest(self) -> bytes:
        """What comes to the end.

        Raises:
            ConnectionError: The end was a reset.
        """
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()


@dataclass
class Dial:
    port: int
    open: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __call__(self) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.open.append(writer)
        return Client(reader, writer)


@pytest.fixture
async def dial(proxy: Proxy) -> AsyncIterator[Dial]:
    """Connect through the proxy; closed at the end."""
    dial = Dial(proxy.port)
    yield dial
    for writer in dial.open:
        writer.close()


async def reset_by(client: Client) -> bool:
    """Whether the connection ends with a reset."""
    try:
        await client.rest()
    except ConnectionError:
        return True
    return False


async def turned_away(dial: Dial) -> bool:
    """Whether who connects is reset, at once or soon."""
    try:
        return await reset_by(await dial())
    except ConnectionError:
        return True
