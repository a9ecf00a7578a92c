"""A flood of large bodies: most are refused, memory stays flat, and what was accepted is there (invariant I9)."""

import asyncio
import json
import subprocess
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp

from tests.integration.alert_api.conftest import NOBODY, Agency
from tests.integration.alert_api.program import alert_api, answered, free_port
from tocsin_store.pool import Pool

Body = dict[str, object]

MIB: Final = 1_048_576
POSTS: Final = 500
MOST_GROWTH_MIB: Final = 128
"""A quarter of what is sent; bodies may take eight, the rest is buffers of 500 connections."""


def resident_mib(pid: int) -> float:
    """Memory of a process: from /proc, or from ps where there is none."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        [line] = [each for each in status.read_text().splitlines() if each.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024
    told = subprocess.run(["/bin/ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)  # noqa: S603 - a number of ours
    return int(told.stdout) / 1024


async def posted(http: aiohttp.ClientSession, url: str, *, key: str, body: bytes) -> int:
    """The status of one post, unrepeated."""
    headers = {
        "Authorization": f"Bearer {key}",
        "Idempotency-Key": str(uuid4()),
        "Content-Type": "application/json",
    }
    async with http.post(f"{url}/v1/alerts", data=BytesIO(body), headers=headers) as response:
        return response.status


async def highest(pid: int, *, until: asyncio.Event) -> float:
    """The most memory that was seen."""
    most = resident_mib(pid)
    while not until.is_set():
        await asyncio.sleep(0.02)
        most = max(most, resident_mib(pid))
    return most


async def test_five_hundred_large_posts_at_once_do_not_fill_the_memory(
    database_url: str, agency: Agency, alert: Body, pool: Pool
) -> None:
    body = json.dumps(alert).encode().ljust(MIB)
    port = await free_port()
    settings = {"database_url": database_url, "kafka_bootstrap_servers": NOBODY, "signing_key": "k" * 32}
    async with (
        alert_api(**settings, http_port=str(port)) as process,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        url = f"http://127.0.0.1:{port}"
        await answered(f"{url}/health")
        over = asyncio.Event()
        first = [await posted(http, url, key=agency.key, body=body) for _ in range(10)]
        before = resident_mib(process.pid)
        watching = asyncio.create_task(highest(process.pid, until=over))
        flood = await asyncio.gather(*(posted(http, url, key=agency.key, body=body) for _ in range(POSTS)))
        over.set()
        growth = await watching - before

    statuses = Counter([*first, *flood])
    async with pool.acquire() as conn:
        stored = await conn.fetchval("SELECT count(*) FROM alert WHERE agency_id = $1", agency.id)
    assert (
        {202, 429} <= set(statuses) <= {202, 429, 503}
    )  # 503: a slow machine had no connection free in time
    assert stored == statuses[202]
    assert growth < MOST_GROWTH_MIB
