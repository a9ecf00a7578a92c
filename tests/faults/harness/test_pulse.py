import aiohttp
from aiohttp import web

from tests.faults.history import Injected
from tests.faults.pulse import BUSY, felt
from tests.support.e2e_inbox import Sandbox
from tests.support.eventually import until


async def answered(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def test_a_provider_that_takes_its_time_is_written_down_as_slow_and_as_nothing_worse() -> None:
    seen: list[Injected] = []
    app = web.Application()
    app.router.add_get("/health", answered)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as http, felt(Sandbox(url, http), write=seen.append, slow_s=0.0):
            await until(lambda: len(seen) > 1)
    finally:
        await runner.cleanup()

    assert {(one.kind, one.slows_hand_over, one.disturbs) for one in seen} == {(BUSY, True, False)}
