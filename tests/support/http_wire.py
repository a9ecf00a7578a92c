"""An HTTP server that follows a script, byte for byte: what no well-behaved server would do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[["Exchange"], Awaitable[None]]


@dataclass
class Exchange:
    """One connection, from the server's side."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: list[bytes]

    async def hear(self) -> bytes:
        """The next request, whole; empty where none comes any more."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        request = head + await self.reader.readexactly(length)
        self.asked.append(request)
        return request

    def say(self, status: int, body: str = "{}", **headers: str) -> None:
        """Answer."""
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body.encode())}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def reset(self) -> None:
        """End the connection without a word."""
        self.writer.transport.abort()


@dataclass
class Server:
    """Where it is, and what it was asked."""

    url: str
    asked: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Server]:
    """Follow the script on every connection."""
    server = Server("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(Exchange(reader, writer, server.asked))
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


def always(status: int, body: str = "{}", **headers: str) -> Script:
    """The same answer to everything."""

    async def script(exchange: Exchange) -> None:
        while await exchange.hear():
            exchange.say(status, body, **headers)

    return script
