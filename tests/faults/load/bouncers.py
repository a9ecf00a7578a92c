"""Other mail systems report on messages they took: once, or too often, until the door has acknowledged it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import aiosmtplib

from tests.faults.history import Callback
from tests.faults.ledgers import ACCEPTS, accepts_in, whole_lines
from tests.faults.load.means import Means
from tests.faults.load.reports import Told, drawn_reports
from tocsin_local.services import BOUNCES

_LOOK_EVERY_S: Final = 0.25
_SOON_S: Final = (0.0, 3.0)
_AGAIN_S: Final = 0.5
_TIMEOUT_S: Final = 8.0
_AT_A_TIME: Final = 4
_AFTER_STOP: Final = 5


@dataclass(frozen=True, slots=True)
class _Message:
    delivery: UUID
    sender: str
    recipient: str


async def bounce(means: Means) -> None:
    """Follow what the provider accepts, and report on a share of it."""
    random = means.random("bouncers")
    desk = _Desk(means, means.scene.stack.base_port + BOUNCES)
    async with asyncio.TaskGroup() as reports:
        async for message in _accepted(means, means.scene.stack.layout.sandbox / ACCEPTS):
            if random.random() < means.profile.bounces:
                for told in drawn_reports(random=random):
                    reports.create_task(desk.report(message, told, after=random.uniform(*_SOON_S)))


class _Desk:
    """Some connections at a time to the mail door."""

    def __init__(self, means: Means, port: int) -> None:
        self._means = means
        self._port = port
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    async def report(self, message: _Message, told: Told, *, after: float) -> None:
        """Send it until it is acknowledged, then write it down; given up soon after the load is told to stop."""
        await self._means.stopped_within(after)
        content = told.written(sender=message.sender, recipient=message.recipient)
        tries = 0
        while not await self._sent(content, to=message.sender):
            tries += self._means.stop.is_set()
            if tries > _AFTER_STOP:
                return
            await asyncio.sleep(_AGAIN_S)
        if told.kind is not None:
            await self._means.ledgers.keep(Callback(time.time(), message.delivery, told.kind, told.status))

    async def _sent(self, content: bytes, *, to: str) -> bool:
        async with self._slots:
            try:
                async with (
                    asyncio.timeout(_TIMEOUT_S),
                    aiosmtplib.SMTP(hostname="127.0.0.1", port=self._port, start_tls=False) as smtp,
                ):
                    await smtp.sendmail("", [to], content)
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                return False
        return True


async def _accepted(means: Means, log: Path) -> AsyncIterator[_Message]:
    """Every message, until the load is told to stop. Lines without an end are read when they have one."""
    read = 0
    while not await means.stopped_within(_LOOK_EVERY_S):
        data = await asyncio.to_thread(_from, log, read)
        for line in whole_lines(data):
            read += len(line) + 1
            for accept in accepts_in(line):
                sender = line.split(b"\t")[2].decode("ascii")
                yield _Message(accept.delivery, sender, accept.recipient)


def _from(path: Path, place: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(place)
        return file.read()
