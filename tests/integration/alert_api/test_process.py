"""alert-api as a program: it starts with everything down, and stops when told."""

import asyncio
import signal

from tests.integration.alert_api.conftest import NOBODY
from tests.integration.alert_api.program import alert_api, answered, free_port


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
