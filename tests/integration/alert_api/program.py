"""alert-api as a program of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp


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
