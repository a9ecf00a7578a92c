"""A running channel, and a sandbox for it to talk to."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from email_worker.email_channel import EmailChannel
from tests.support.smtp import email_settings
from tocsin_sandbox.sandbox import Sandbox
from tocsin_sandbox.settings import Settings


@asynccontextmanager
async def sandbox(folder: Path, **values: object) -> AsyncIterator[Sandbox]:
    settings = Settings.model_validate(
        {"smtp_port": 0, "http_port": 0, "data_dir": folder / "data", **values}
    )
    async with Sandbox(settings) as running:
        yield running


@asynccontextmanager
async def sandboxes(folder: Path, *names: str) -> AsyncIterator[Sequence[Sandbox]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(sandbox(folder / name)) for name in names]


def channel(running: Sandbox, **values: object) -> AbstractAsyncContextManager[EmailChannel]:
    return channel_to(running.smtp_port, **values)


@asynccontextmanager
async def channel_to(port: int, **values: object) -> AsyncIterator[EmailChannel]:
    sender = EmailChannel(email_settings(port, **{"smtp_connections": 3, **values}))
    connections = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        connections.cancel()
        await asyncio.wait([connections])


def channel_over(**ports: int) -> AbstractAsyncContextManager[EmailChannel]:
    """Over several relays, by name."""
    relays = [
        {"name": name, "host": "127.0.0.1", "port": port, "tls": "none"} for name, port in ports.items()
    ]
    return channel_to(0, smtp_relays=relays, smtp_port=1)


async def obey(running: Sandbox, *rules: Mapping[str, object]) -> None:
    """Replace the sandbox's rules."""
    url = f"http://127.0.0.1:{running.http_port}/api/rules"
    async with aiohttp.ClientSession() as http, http.put(url, json={"rules": rules}) as answer:
        assert answer.status == 200


async def turn(running: Sandbox, *, down: bool) -> None:
    """Stop or start listening."""
    url = f"http://127.0.0.1:{running.http_port}/api/smtp"
    async with aiohttp.ClientSession() as http, http.post(url, json={"down": down}) as answer:
        assert answer.status == 200


def sources(running: Sandbox) -> list[bytes]:
    return [kept.content() for kept in running.mailbox.newest_first()]


def recipients(running: Sandbox) -> list[str]:
    """To whom it has taken mail, each as often as it did."""
    return sorted(kept.recipients[0].decode() for kept in running.mailbox.newest_first())
