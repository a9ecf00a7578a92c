"""The database down: nothing is taken, nothing is lost, and it is said."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.integration.mail_door.conftest import BOUNCE, Open, free_port, kept, path_of
from tocsin_store.pool import Pool, open_pool

GONE = "postgresql://nobody@127.0.0.1:1/gone"


@asynccontextmanager
async def forwarding(port: int, *, to: int) -> AsyncIterator[None]:
    """Let whoever connects here reach another port of this machine."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(pump(reader, theirs[1]), pump(theirs[0], writer))

    server = await asyncio.start_server(forward, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def test_without_a_database_the_sender_is_asked_to_try_again(
    opened: Open, sent: Sequence[UUID]
) -> None:
    async with await open_pool(GONE, size=2, application_name="tests") as gone:
        entrance = await opened(database=gone)

        reply = await entrance.hand_in(BOUNCE, to=path_of(sent[0]))

    assert reply.startswith("451 4.3.0")
    assert not entrance.health.ready


async def test_the_sender_tries_again_and_nothing_is_lost(
    opened: Open, pool: Pool, database_url: str, sent: Sequence[UUID]
) -> None:
    port = await free_port()
    behind = urlsplit(database_url)
    way = behind._replace(netloc=behind.netloc.replace(f":{behind.port}", f":{port}")).geturl()
    async with await open_pool(way, size=2, application_name="tests") as own:
        entrance = await opened(database=own)
        refused = await entrance.hand_in(BOUNCE, to=path_of(sent[0]))
        async with forwarding(port, to=behind.port or 0):
            taken = await entrance.hand_in(BOUNCE, to=path_of(sent[0]))
            await own.expire_connections()

    assert refused.startswith("451 4.3.0")
    assert taken.startswith("250")
    assert len(await kept(pool)) == 1


@pytest.mark.parametrize("content", [b"Subject: a letter\r\n\r\nThank you"])
async def test_what_changes_nothing_needs_no_database(
    opened: Open, sent: Sequence[UUID], content: bytes
) -> None:
    async with await open_pool(GONE, size=2, application_name="tests") as gone:
        entrance = await opened(database=gone)

        assert (await entrance.hand_in(content, to=path_of(sent[0]))).startswith("250")
