"""mail-door as a program: starts with everything down, says nothing about anybody, drains when told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import aiohttp

from tests.integration.mail_door.conftest import BOUNCE, DOMAIN, KEY, Line, free_port, kept, path_of
from tests.support.eventually import eventually
from tocsin_store.pool import Pool


@asynccontextmanager
async def mail_door(**settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    given = {"signing_key": KEY, "bounce_domain": DOMAIN, **settings}
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("mail-door")),
        env=os.environ | {f"TOCSIN_{name.upper()}": value for name, value in given.items()},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def answers(url: str, *, status: int) -> None:
    """Return when this URL answers so."""
    async with aiohttp.ClientSession() as http:

        async def look() -> bool:
            try:
                async with http.get(url) as response:
                    return response.status == status
            except aiohttp.ClientConnectionError:
                return False

        await eventually(look)


async def connected(port: int) -> Line:
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    await line.hear()
    await line.say("EHLO relay.example")
    return line


async def stopped(process: asyncio.subprocess.Process) -> bytes:
    """What it told until it ended."""
    _, told = await asyncio.wait_for(process.communicate(), 30)
    return told


async def test_it_starts_with_the_database_down_and_says_so() -> None:
    health, port = await free_port(), await free_port()
    async with mail_door(
        database_url="postgresql://nobody@127.0.0.1:1/gone", health_port=str(health), mail_port=str(port)
    ) as process:
        await answers(f"http://127.0.0.1:{health}/health", status=200)
        await answers(f"http://127.0.0.1:{health}/ready", status=503)
        process.send_signal(signal.SIGTERM)
        told = await stopped(process)

    assert process.returncode == 0
    assert b"Traceback" not in told


async def test_a_message_under_way_is_answered_before_it_stops_and_no_log_names_anybody(
    database_url: str, pool: Pool, sent: Sequence[UUID]
) -> None:
    health, port = await free_port(), await free_port()
    async with mail_door(database_url=database_url, health_port=str(health), mail_port=str(port)) as process:
        await answers(f"http://127.0.0.1:{health}/ready", status=200)
        idle, busy = await connected(port), await connected(port)
        refused = await idle.say("MAIL FROM:<>"), await idle.say("RCPT TO:<ada@homes.example>")
        async with pool.acquire() as blocker, blocker.transaction():
            await blocker.execute("LOCK TABLE outbox")
            handed = asyncio.create_task(busy.hand_in(BOUNCE, to=[path_of(sent[0])]))
            await eventually(lambda: _waits(pool))
            process.send_signal(signal.SIGTERM)
            await eventually(lambda: _closed(port))
        replies = await handed
        told = await stopped(process)
        dismissed = await idle.hear()
        idle.hang_up()
        busy.hang_up()

    assert refused[1].startswith("550 5.7.1")
    assert replies[-1].startswith("250")
    assert dismissed.startswith("421")
    assert process.returncode == 0
    assert len(await kept(pool)) == 1
    for secret in (b"homes.example", b"relay.example", b"127.0.0.1", sent[0].hex.encode(), b"Traceback"):
        assert secret not in told


async def _waits(pool: Pool) -> bool:
    """Whether the door's statement waits for the lock."""
    return bool(
        await pool.fetchval(
            """SELECT count(*) FROM pg_stat_activity
               WHERE application_name = 'mail-door' AND wait_event_type = 'Lock' AND datname = current_database()"""
        )
    )


async def _closed(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it was closing just then
        return False
    writer.close()
    return False
