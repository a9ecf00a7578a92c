"""alert-api as a program: it starts with everything down, and stops when told."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.integration.alert_api.conftest import NOBODY


@asynccontextmanager
async def alert_api(**settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = os.environ | {f"TOCSIN_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("alert-api")),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def free_port() -> int:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        port: int = server.sockets[0].getsockname()[1]
    return port


async def answered(url: str) -> int:
    """The status of the first answer."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url) as response:
                    return response.status
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


async def test_it_starts_with_everything_down_and_stops_when_told() -> None:
    port = await free_port()
    async with alert_api(
        database_url="postgresql://nobody@127.0.0.1:1/gone",
        kafka_bootstrap_servers=NOBODY,
        signing_key="k" * 32,
        http_port=str(port),
    ) as process:
        health = await answered(f"http://127.0.0.1:{port}/health")
        ready = await answered(f"http://127.0.0.1:{port}/ready")
        process.send_signal(signal.SIGTERM)
        _, told = await asyncio.wait_for(process.communicate(), 30)

    assert (health, ready) == (200, 503)
    assert process.returncode == 0
    assert b"Traceback" not in told


async def test_a_missing_setting_stops_the_start() -> None:
    async with alert_api(database_url="postgresql://nobody@127.0.0.1:1/gone", signing_key="") as process:
        _, told = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 2
    assert told.startswith(b"TOCSIN_SIGNING_KEY: ")
    assert told.count(b"\n") == 1
