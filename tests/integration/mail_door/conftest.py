"""A door on a free port, deliveries that were sent, and a relay that hands mail in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from mail_door.desk import Desk
from mail_door.door import Door
from mail_door.settings import MailSettings
from tests.support.world import waiting
from tocsin_runtime.health import Health
from tocsin_runtime.tokens import sign_return_path
from tocsin_schemas.messages import Receipt
from tocsin_store.pool import Pool

KEY: Final = "k" * 32
DOMAIN: Final = "bounces.example"
BOUNCE: Final = (
    (Path(__file__).parents[2] / "unit/mail_door/samples/postfix_unknown.eml")
    .read_bytes()
    .replace(b"\n", b"\r\n")
)


def path_of(delivery: UUID) -> str:
    """The envelope sender of a delivery."""
    return f"{sign_return_path(KEY.encode(), delivery)}@{DOMAIN}"


async def free_port() -> int:
    """A port at which nobody listens."""
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        port: int = server.sockets[0].getsockname()[1]
    return port


def mail_settings(**values: object) -> MailSettings:
    """Settings of a door on a free port."""
    return MailSettings.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1:1/gone",
            "signing_key": KEY,
            "bounce_domain": DOMAIN,
            "mail_port": 0,
            **values,
        }
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One connection: says lines, hears whole replies."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def hear(self) -> str:
        """The next reply, its last line; empty once the connection is closed."""
        line = await asyncio.wait_for(self.reader.readline(), 20)
        while line[3:4] == b"-":
            line = await asyncio.wait_for(self.reader.readline(), 20)
        return line.decode().rstrip()

    async def say(self, line: str | bytes) -> str:
        """Say one line; returns the reply."""
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.hear()

    async def hand_in(
        self, content: bytes, *, to: Sequence[str], sender: str = "", extra: str = ""
    ) -> list[str]:
        """One message; the replies to MAIL, each RCPT and, if it came so far, DATA and the final dot."""
        replies = [await self.say(f"MAIL FROM:<{sender}>{extra}")]
        replies += [await self.say(f"RCPT TO:<{address}>") for address in to]
        replies.append(await self.say("DATA"))
        if replies[-1].startswith("354"):
            replies.append(await self.say(content.replace(b"\r\n.", b"\r\n..") + b"\r\n."))
        return replies

    def hang_up(self) -> None:
        self.writer.close()


@dataclass(frozen=True, slots=True)
class Entrance:
    """A listening door."""

    door: Door
    health: Health
    lines: list[Line]

    async def connect(self, hello: str = "EHLO relay.example") -> Line:
        """A connection that has said hello."""
        line = Line(*await asyncio.open_connection("127.0.0.1", self.door.port))
        self.lines.append(line)
        await line.hear()
        await line.say(hello)
        return line

    async def hand_in(self, content: bytes, *, to: str) -> str:
        """One message for one address on a connection of its own; the last reply."""
        line = await self.connect()
        replies = await line.hand_in(content, to=[to])
        line.hang_up()
        return replies[-1]


Open = Callable[..., Awaitable[Entrance]]


@pytest.fixture
async def opened(pool: Pool) -> AsyncIterator[Open]:
    """Open a door with these settings, on this pool where another is not given."""
    lines: list[Line] = []
    async with AsyncExitStack() as stack:

        async def open_(*, database: Pool = pool, **values: object) -> Entrance:
            settings, health = mail_settings(**values), Health()
            door = Door(settings, desk=Desk(settings, pool=database, health=health))
            return Entrance(await stack.enter_async_context(door), health, lines)

        yield open_
        for line in lines:
            line.hang_up()


@pytest.fixture
async def entrance(opened: Open) -> Entrance:
    """A door as it comes."""
    return await opened()


@pytest.fixture
async def sent(pool: Pool) -> Sequence[UUID]:
    """Three deliveries that were claimed, and so sent."""
    situation = await waiting(pool, 3)
    await situation.claimed()
    await pool.execute("DELETE FROM outbox")
    return situation.ids


async def kept(pool: Pool) -> list[Receipt]:
    """The receipts in the outbox, oldest first; none twice looked at."""
    rows = await pool.fetch("DELETE FROM outbox WHERE receipts IS NOT NULL RETURNING id, receipts")
    return [
        Receipt.model_validate(one)
        for row in sorted(rows, key=lambda row: int(row["id"]))
        for one in row["receipts"]
    ]
