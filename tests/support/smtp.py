"""A relay that follows a script, byte for byte: what no well-behaved server would do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import HttpUrl, SecretStr

from email_worker.settings import EmailSettings

EXTENSIONS = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class OpenGate:
    """A gate that lets everything begin, or nothing."""

    open: bool = True

    def may_begin(self, begin_by: float) -> bool:
        """Whatever the time is."""
        return self.open and begin_by > 0

    def share(self) -> tuple[int, int]:
        """The only worker there is."""
        return 0, 1


@dataclass
class Dialogue:
    """One connection, from the relay's side."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: list[bytes] = field(default_factory=list)

    async def greet(self, extensions: Sequence[str] = EXTENSIONS) -> None:
        """Say hello and what we can."""
        self.say("220 relay.example")
        await self.hear()
        lines = ["relay.example", *extensions]
        self.say("\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]))

    def say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")

    async def hear(self) -> bytes:
        """The next command."""
        line = (await self.reader.readuntil(b"\r\n")).removesuffix(b"\r\n")
        self.heard.append(line)
        return line

    async def answer(self, *replies: str) -> None:
        """Hear a command, say a reply, and again."""
        for reply in replies:
            await self.hear()
            self.say(reply)

    async def body(self, reply: str = "250 2.0.0 kept") -> bytes:
        """Hear a message to its final dot, say a reply."""
        text = await self.reader.readuntil(b"\r\n.\r\n")
        self.say(reply)
        return text

    async def take(self) -> bytes:
        """Take one message as it should be."""
        await self.answer("250 2.1.0 ok", "250 2.1.5 ok", "354 go on")
        return await self.body()

    async def silence(self) -> None:
        """Say nothing until the other side has gone."""
        while await self.reader.read(65_536):
            pass


Script = Callable[[Dialogue], Awaitable[None]]


@dataclass
class Relay:
    """A listening relay; `dialogues` are its connections so far."""

    port: int
    dialogues: list[Dialogue]

    def settings(self, **values: object) -> EmailSettings:
        return email_settings(self.port, **values)


def email_settings(port: int, **values: object) -> EmailSettings:
    """Settings of a worker for a relay on this port."""
    defaults: dict[str, object] = {
        "database_url": SecretStr("postgresql://nobody@127.0.0.1/none"),
        "signing_key": SecretStr("k" * 32),
        "public_url": HttpUrl("https://alerts.example/"),
        "bounce_domain": "bounces.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_tls": "none",
        "smtp_timeout": 5,
        "smtp_connections": 1,
    }
    return EmailSettings.model_validate({**defaults, **values})


@asynccontextmanager
async def relay(*scripts: Script) -> AsyncIterator[Relay]:
    """Listen while inside; the nth connection follows the nth script, later ones the last."""
    running = Relay(0, [])

    async def follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialogue = Dialogue(reader, writer)
        running.dialogues.append(dialogue)
        script = scripts[min(len(running.dialogues), len(scripts)) - 1]
        try:
            await script(dialogue)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            dialogue.heard.append(b"(gone)")
        finally:
            writer.close()

    server = await asyncio.start_server(follow, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
