import asyncio

from tests.faults.harness.dialled import Dial, Echo, dial, echo, proxy, reset_by
from tests.faults.network.proxy import Proxy
from tests.support.eventually import until

__all__ = ("dial", "echo", "proxy")  # fixtures

LARGE = 8 * 1024 * 1024


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
