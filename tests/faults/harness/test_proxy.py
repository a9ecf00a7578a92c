import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from tests.faults.network.proxy import Proxy
from tests.support.eventually import until

PATIENCE = 10.0
LARGE = 8 * 1024 * 1024


@dataclass
class Echo:
    """A server that says what it hears, and remembers it."""

    port: int = 0
    heard: bytearray = field(default_factory=bytearray)
    clients: int = 0
    farewells: list[str] = field(default_factory=list)
    """How each connection ended, as the server saw it."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients += 1
        try:
            while data := await reader.read(65_536):
                self.heard += data
                writer.write(data)
                await writer.drain()
            self.farewells.append("closed")
        except ConnectionError:
            self.farewells.append("reset")
        finally:
            writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    running = Echo()
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    yield running
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy("echo", to_port=echo.port) as proxy:
        yield proxy


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self, count: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(count)

    async def ask(self, data: bytes) -> bytes:
        await self.say(data)
        return await self.hear(len(data))

    async def rest(self) -> bytes:
        """What comes to the end.

        Raises:
            ConnectionError: The end was a reset.
        """
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()


@dataclass
class Dial:
    port: int
    open: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __call__(self) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.open.append(writer)
        return Client(reader, writer)


@pytest.fixture
async def dial(proxy: Proxy) -> AsyncIterator[Dial]:
    """Connect through the proxy; closed at the end."""
    dial = Dial(proxy.port)
    yield dial
    for writer in dial.open:
        writer.close()


async def reset_by(client: Client) -> bool:
    """Whether the connection ends with a reset."""
    try:
        await client.rest()
    except ConnectionError:
        return True
    return False


async def turned_away(dial: Dial) -> bool:
    """Whether who connects is reset, at once or soon."""
    try:
        return await reset_by(await dial())
    except ConnectionError:
        return True


async def test_without_trouble_bytes_go_both_ways(dial: Dial) -> None:
    client = await dial()

    answer = await client.ask(b"hello")

    assert answer == b"hello"


async def test_a_large_amount_arrives_in_order_whoever_is_slow(dial: Dial) -> None:
    client = await dial()
    sent = bytes(range(256)) * (LARGE // 256)

    _, heard = await asyncio.gather(client.say(sent), client.hear(LARGE))

    assert heard == sent


async def test_the_end_of_what_a_client_says_leaves_it_listening(dial: Dial, echo: Echo) -> None:
    client = await dial()

    await client.say(b"last words")
    client.writer.write_eof()
    answer = await client.rest()

    assert (answer, echo.farewells) == (b"last words", ["closed"])


async def test_the_server_learns_that_a_client_was_reset(dial: Dial, echo: Echo) -> None:
    client = await dial()
    await client.ask(b"x")

    client.writer.transport.abort()

    await until(lambda: len(echo.farewells) == 1)


async def test_a_server_that_is_not_there_is_a_reset(echo: Echo) -> None:
    del echo
    with Proxy("nobody", to_port=1) as proxy:
        dial = Dial(proxy.port)

        reset = await turned_away(dial)

        for writer in dial.open:
            writer.close()
    assert reset


async def test_a_delay_makes_both_directions_later_and_keeps_the_order(dial: Dial, proxy: Proxy) -> None:
    client = await dial()
    proxy.delay(0.05)
    before = time.monotonic()

    for number in range(100):
        await client.say(b"%02d" % number)
    answer = await client.hear(200)

    assert answer == b"".join(b"%02d" % number for number in range(100))
    assert time.monotonic() - before >= 0.1


async def test_healing_a_delay_lets_go_what_was_late(dial: Dial, proxy: Proxy) -> None:
    client = await dial()
    proxy.delay(3_600)
    await client.say(b"late")
    await until(lambda: proxy.held == 4)

    proxy.heal()

    assert await client.hear(4) == b"late"


async def test_delays_add_up_and_are_healed_one_by_one(dial: Dial, proxy: Proxy) -> None:
    client = await dial()
    long = proxy.delay(3_600)
    proxy.delay(0.01)

    proxy.heal(long)

    assert await client.ask(b"soon") == b"soon"


async def test_a_cut_resets_everybody_and_new_connections_work(dial: Dial, proxy: Proxy, echo: Echo) -> None:
    clients = [await dial() for _ in range(3)]
    for client in clients:
        await client.ask(b"x")

    proxy.cut()

    assert [await reset_by(client) for client in clients] == [True, True, True]
    await until(lambda: echo.farewells == ["reset"] * 3)
    assert await (await dial()).ask(b"again") == b"again"


async def test_refusing_resets_old_and_new_until_healed(dial: Dial, proxy: Proxy, echo: Echo) -> None:
    old = await dial()
    await old.ask(b"x")

    proxy.refuse()

    assert [await reset_by(old), await turned_away(dial)] == [True, True]
    assert echo.clients == 1
    proxy.heal()
    assert await (await dial()).ask(b"again") == b"again"


async def test_a_stall_holds_what_is_said_to_the_server(dial: Dial, proxy: Proxy, echo: Echo) -> None:
    client = await dial()
    await client.ask(b"before")
    proxy.stall(to_server=True, to_client=False)

    await client.say(b"after")
    await until(lambda: proxy.held == 5)

    assert bytes(echo.heard) == b"before"
    proxy.heal()
    assert await client.hear(5) == b"after"


async def test_half_open_the_server_hears_and_the_client_does_not(
    dial: Dial, proxy: Proxy, echo: Echo
) -> None:
    client = await dial()
    proxy.stall(to_server=False, to_client=True)

    await client.say(b"heard")
    await until(lambda: bytes(echo.heard) == b"heard" and proxy.held == 5)

    proxy.heal()
    assert await client.hear(5) == b"heard"


async def test_who_connects_during_a_stall_hangs_until_it_ends(dial: Dial, proxy: Proxy) -> None:
    proxy.stall()
    client = await dial()
    await client.say(b"anyone?")
    await until(lambda: proxy.held == 7)

    proxy.heal()

    assert await client.hear(7) == b"anyone?"


async def test_a_stall_hides_that_a_client_is_gone(dial: Dial, proxy: Proxy, echo: Echo) -> None:
    client = await dial()
    await client.ask(b"x")
    proxy.stall()
    await client.say(b"bye")
    await until(lambda: proxy.held == 3)
    client.writer.transport.abort()

    held = list(echo.farewells)
    proxy.heal()

    assert held == []
    await until(lambda: len(echo.farewells) == 1)
    assert bytes(echo.heard) == b"xbye"


async def test_a_stall_fills_the_window_of_who_sends(dial: Dial, proxy: Proxy) -> None:
    client = await dial()
    proxy.stall()
    sent = b"x" * (64 * 1024 * 1024)

    saying = asyncio.create_task(client.say(sent))
    await until(lambda: proxy.held > 4 * 1024 * 1024)
    blocked = not saying.done()
    proxy.heal()
    heard = await client.hear(len(sent))

    assert blocked
    assert heard == sent
    await saying


async def test_lost_answers_are_work_done_that_nobody_is_told_of(
    dial: Dial, proxy: Proxy, echo: Echo
) -> None:
    client = await dial()
    await client.ask(b"before")
    proxy.lose_answers()
    await client.say(b"commit")
    await until(lambda: proxy.lost == 6)

    proxy.heal()

    assert bytes(echo.heard) == b"beforecommit"
    assert await reset_by(client)
    assert await (await dial()).ask(b"again") == b"again"


async def test_a_cut_after_so_many_bytes_leaves_the_server_with_exactly_these(
    dial: Dial, proxy: Proxy, echo: Echo
) -> None:
    old = await dial()
    await old.ask(b"before")
    proxy.cut_after(10)

    new = await dial()
    await new.say(b"0123456789ABC")
    await old.say(b"0123456789ABC")

    assert [await reset_by(old), await reset_by(new)] == [True, True]
    await until(lambda: len(echo.farewells) == 2)
    assert len(echo.heard) == len(b"before") + 2 * 10


async def test_a_cut_after_bytes_ends_when_it_is_healed(dial: Dial, proxy: Proxy) -> None:
    client = await dial()
    proxy.cut_after(10)
    await client.ask(b"12345")

    proxy.heal()

    assert await client.ask(b"0123456789ABC") == b"0123456789ABC"


async def test_healing_one_trouble_leaves_the_others(dial: Dial, proxy: Proxy) -> None:
    client = await dial()
    first = proxy.stall()
    second = proxy.stall()
    await client.say(b"held")
    await until(lambda: proxy.held == 4)

    proxy.heal(first)
    still_held = proxy.held
    proxy.heal(second)

    assert still_held == 4
    assert await client.hear(4) == b"held"


async def test_leaving_cuts_who_is_connected(echo: Echo) -> None:
    with Proxy("echo", to_port=echo.port) as proxy:
        dial = Dial(proxy.port)
        client = await dial()
        await client.ask(b"x")
        connected = proxy.connections

    assert connected == 1
    assert await reset_by(client)
    dial.open[0].close()
