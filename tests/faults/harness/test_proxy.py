import asyncio
import time

from tests.faults.harness.dialled import Dial, Echo, dial, echo, proxy, reset_by, turned_away
from tests.faults.network.proxy import Proxy
from tests.support.eventually import until

__all__ = ("dial", "echo", "proxy")  # fixtures

LARGE = 8 * 1024 * 1024


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
