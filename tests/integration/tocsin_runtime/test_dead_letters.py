"""A record that cannot be read goes aside, whole, with why."""

from uuid import uuid4

from tests.support.topics import a_topic, values_on
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.dead_letters import DeadLetters
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.topics import DEAD_LETTERS


async def test_the_original_bytes_are_kept(kafka_bootstrap: str) -> None:
    topic, spoilt = await a_topic(kafka_bootstrap), uuid4().bytes
    async with (
        Outlet(kafka_bootstrap, client_id="test") as outlet,
        Intake(kafka_bootstrap, topic=topic, group=uuid4().hex) as intake,
    ):
        await outlet.produce([Record(topic.name, 0, b"key", spoilt)])
        while not (records := await intake.take(limit=1)):
            pass

        await DeadLetters(outlet, group="test").bury(records[0], why="Receipt: id: missing")
        records[0].finish()

    assert spoilt in await values_on(kafka_bootstrap, DEAD_LETTERS)
