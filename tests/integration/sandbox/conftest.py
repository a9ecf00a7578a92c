"""A whole sandbox on free ports."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from twilio.http.async_http_client import AsyncTwilioHttpClient

from tests.integration.sandbox.caller import SWIFT, Caller
from tests.integration.sandbox.clients import SETTINGS, Notify, Twilio, twilio_client
from tests.integration.sandbox.script import Script, scripted
from tests.integration.sandbox.webhook import Webhook, listening
from tocsin_sandbox.sandbox import Sandbox
from tocsin_sandbox.settings import Settings

ENVELOPE = b"MAIL FROM:<p@b.example>\r\nRCPT TO:<%b>\r\nDATA\r\n"


class Line:
    """A raw connection: says bytes, hears replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    async def hear(self, replies: int) -> list[str]:
        """The codes of so many replies; a reply of several lines is one."""
        codes: list[str] = []
        while len(codes) < replies:
            line = await asyncio.wait_for(self.reader.readline(), 10)
            if line[3:4] != b"-":
                codes.append(line[:3].decode())
        return codes

    async def upgrade(self, context: ssl.SSLContext) -> None:
        """Do the TLS handshake."""
        await self._writer.start_tls(context, server_hostname="localhost")

    async def hang_up(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


class Desk:
    """A running sandbox and the two ways in."""

    def __init__(self, sandbox: Sandbox, *, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.http = http

    async def connect(self) -> Line:
        """A connection that has said EHLO."""
        line = Line(*await asyncio.open_connection("127.0.0.1", self.sandbox.smtp_port))
        line.say(b"EHLO test\r\n")
        await line.hear(2)
        return line

    async def send(self, recipient: str = "a@b.example", *, content: str = "Subject: x\n\ny\n") -> list[str]:
        """Send one message in one flight on a new connection; the codes of the replies until the line goes dead."""
        line = await self.connect()
        line.say(ENVELOPE % recipient.encode() + content.replace("\n", "\r\n").encode() + b".\r\n")
        codes = await line.hear(4)
        await line.hang_up()
        return codes

    async def json(self, path: str) -> Any:  # noqa: ANN401 - a test knows the shape it expects
        async with self.http.get(path) as answer:
            return await answer.json()

    async def text(self, path: str) -> str:
        async with self.http.get(path) as answer:
            return await answer.text()

    async def status(self, method: str, path: str, body: object = None) -> int:
        async with self.http.request(method, path, json=body) as answer:
            await answer.read()
            return answer.status

    async def summary(self) -> dict[str, object]:
        summary: dict[str, object] = await self.json("/api/summary")
        return summary

    async def obey(self, *rules: dict[str, object], provider: str = "") -> None:
        path = f"/api/{provider}/rules" if provider else "/api/rules"
        async with self.http.put(path, json={"rules": rules}) as answer:
            assert answer.status == 200, await answer.text()

    async def turn(self, provider: str, **changes: object) -> None:
        """Change the behaviour of a provider."""
        async with self.http.post(f"/api/{provider}", json=changes) as answer:
            assert answer.status == 200, await answer.text()

    async def transcript(self, sid: object) -> list[tuple[str, str]]:
        """What happened in a call."""
        call = await self.json(f"/api/calls/{sid}")
        return [(entry["kind"], entry["text"]) for entry in call["transcript"]]


Start = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a sandbox with these settings; it is stopped when the test ends."""
    stops: list[Callable[[], Awaitable[None]]] = []

    async def started(**values: object) -> Desk:
        settings = Settings.model_validate(
            {"smtp_port": 0, "http_port": 0, "data_dir": tmp_path / "data", **values}
        )
        sandbox = await Sandbox(settings).__aenter__()
        stops.append(lambda: sandbox.__aexit__(None, None, None))
        http = aiohttp.ClientSession(f"http://127.0.0.1:{sandbox.http_port}")
        stops.append(http.close)
        return Desk(sandbox, http=http)

    yield started
    for stop in reversed(stops):
        await stop()


@pytest.fixture
async def desk(start: Start) -> Desk:
    """A sandbox as it comes."""
    return await start()


@pytest.fixture
async def office(start: Start) -> Desk:
    """A sandbox whose providers of texts let us in."""
    return await start(**SETTINGS)


@pytest.fixture
async def twilio(office: Desk) -> AsyncIterator[Twilio]:
    """Twilio's SDK, at the sandbox."""
    async with AsyncTwilioHttpClient() as http:
        yield Twilio(twilio_client(http, port=office.sandbox.http_port))


@pytest.fixture
def notify(office: Desk) -> Notify:
    """A client of Notify, at the sandbox."""
    return Notify(office.http)


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    """Where providers report to."""
    async with listening() as webhook:
        yield webhook


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    """Where calls ask what to say."""
    async with scripted() as script:
        yield script


@pytest.fixture
async def caller(office: Desk, twilio: Twilio, script: Script) -> Caller:
    """Twilio's SDK at a sandbox where calls take no time to speak of."""
    await office.turn("twilio/calls", **SWIFT)
    return Caller(twilio.client, script=script)
