"""The whole worker: from what the dispatcher asks for to phones that ring, and receipts of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from dispatcher.enqueue import LaneQueue
from dispatcher.settings import DispatcherSettings
from tests.support.calls import a_calling_agency, calling, share_household
from tests.support.contract.voice import AT_ONCE
from tests.support.crew import merging
from tests.support.eventually import eventually
from tests.support.sms_channels import sandbox, twilio, url_of
from tests.support.voice_channels import voice_settings
from tests.support.world import Situation
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.loops import repeat
from tocsin_runtime.process import Process
from tocsin_sandbox.sandbox import Sandbox
from tocsin_schemas.words import Channel, Lane, State
from tocsin_store.pool import Pool
from voice_worker.main import serve
from voice_worker.settings import VoiceWorkerSettings

BRITAIN = ["GB", "GG", "IM", "JE"]


@asynccontextmanager
async def working(pool: Pool, settings: VoiceWorkerSettings) -> AsyncIterator[None]:
    """Enqueue, call and merge while inside."""
    process, kafka = Process(), settings.kafka_bootstrap_servers
    queue_settings = DispatcherSettings(database_url=SecretStr("postgresql://x"))
    async with merging(pool, kafka), Outlet(kafka, client_id="test") as outlet, asyncio.TaskGroup() as group:
        queue = LaneQueue(pool, outlet, Channel.VOICE, Lane.URGENT, queue_settings)
        group.create_task(repeat(queue.enqueue_chunk, process=process, name="chunks", every=0.1))
        group.create_task(repeat(queue.enqueue_due, process=process, name="due", every=0.1))
        group.create_task(serve(process, settings=settings))
        try:
            yield
        finally:
            process.stopping.set()


def rung(running: Sandbox) -> list[str]:
    return [call.asked.to for call in running.calls.newest_first()]


async def sent_to(situation: Situation) -> int:
    """Of how many Twilio took a call, as the ledger has it."""
    rows = [await situation.row(number) for number in range(len(situation.ids))]
    return sum(row["state"] == State.SENT for row in rows)


async def test_everybody_is_called_once_and_a_household_by_one(
    pool: Pool, database_url: str, kafka_bootstrap: str, tmp_path: Path
) -> None:
    agency = await a_calling_agency(pool, calls_per_s=20)
    situation = await calling(pool, 4, agency=agency)
    members = [(await situation.row(number))["member_id"] for number in range(4)]
    await share_household(pool, members[:2])
    async with sandbox(tmp_path, twilio_calls=AT_ONCE) as running:
        settings = voice_settings(
            twilio(url_of(running)),
            voice_countries=BRITAIN,
            database_url=database_url,
            kafka_bootstrap_servers=kafka_bootstrap,
        )
        async with working(pool, settings):

            async def merged() -> bool:
                return await sent_to(situation) == 3

            assert await eventually(merged)

        assert len(rung(running)) == len(set(rung(running))) == 3

    known = await pool.fetchval("SELECT count(*) FROM provider_message WHERE channel = 'voice'")
    assert known == 3
