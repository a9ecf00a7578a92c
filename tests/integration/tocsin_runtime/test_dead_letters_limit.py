"""Too many letters within a minute: nothing is put aside any more, nothing is lost, and the process says so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from tests.support.eventually import until
from tests.support.topics import a_topic, numbered
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.dead_letters import CHECK, DeadLetters, NotBuriedError
from tocsin_runtime.kafka.producer import Outlet
from tocsin_runtime.kafka.taken import Taken
from tocsin_runtime.process import Process
from tocsin_schemas.topics import DEAD_LETTERS


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Spoilt:
    """Three spoilt records in hand, and room for two letters a minute."""

    letters: DeadLetters
    records: list[Taken]
    outlet: Outlet
    clock: Clock = field(default_factory=Clock)
    process: Process = field(default_factory=Process)


@asynccontextmanager
async def spoilt_records(kafka_bootstrap: str) -> AsyncIterator[Spoilt]:
    topic, clock, process = await a_topic(kafka_bootstrap), Clock(), Process()
    async with (
        Outlet(kafka_bootstrap, client_id="test") as outlet,
        Intake(kafka_bootstrap, topic=topic, group=uuid4().hex) as intake,
    ):
        await outlet.produce(numbered(topic, 3))
        records: list[Taken] = []
        while len(records) < 3:
            records += await intake.take(limit=3)
        letters = DeadLetters(outlet, group="test", process=process, most_a_minute=2, clock=clock)
        try:
            yield Spoilt(letters, records, outlet, clock, process)
        finally:
            for record in records:
                record.drop()


Given = Callable[[], AbstractAsyncContextManager[Spoilt]]


@pytest.fixture
def given(kafka_bootstrap: str) -> Given:
    return lambda: spoilt_records(kafka_bootstrap)


async def letters_on(kafka_bootstrap: str) -> int:
    async with Observer(kafka_bootstrap) as observer:
        return sum((await observer.end_offsets(DEAD_LETTERS)).values())


async def test_within_the_limit_every_record_goes_aside(given: Given) -> None:
    async with given() as spoilt:
        for record in spoilt.records:
            await spoilt.letters.bury(record, why="spoilt")
            spoilt.clock.now += 31

        assert spoilt.process.health.checks == {}


async def test_beyond_the_limit_it_waits_and_is_not_ready(given: Given, kafka_bootstrap: str) -> None:
    async with given() as spoilt:
        for record in spoilt.records[:2]:
            await spoilt.letters.bury(record, why="spoilt")
        before = await letters_on(kafka_bootstrap)

        third = asyncio.create_task(spoilt.letters.bury(spoilt.records[2], why="spoilt"))
        await until(lambda: CHECK in spoilt.process.health.checks)

        assert spoilt.process.health.checks == {CHECK: False}
        assert await letters_on(kafka_bootstrap) == before
        spoilt.process.stopping.set()
        with pytest.raises(NotBuriedError):
            await third


async def test_a_quiet_minute_does_not_open_it_again_but_a_restart_does(given: Given) -> None:
    async with given() as spoilt:
        for record in spoilt.records[:2]:
            await spoilt.letters.bury(record, why="spoilt")
        third = asyncio.create_task(spoilt.letters.bury(spoilt.records[2], why="spoilt"))
        await until(lambda: CHECK in spoilt.process.health.checks)
        spoilt.clock.now += 120
        spoilt.process.stopping.set()

        with pytest.raises(NotBuriedError):
            await third
        await DeadLetters(spoilt.outlet, group="test", clock=spoilt.clock).bury(
            spoilt.records[2], why="spoilt"
        )


async def test_a_stop_does_not_wait_for_a_kafka_that_is_down(given: Given) -> None:
    async with given() as spoilt, Outlet("127.0.0.1:1", client_id="test") as nobody:
        spoilt.process.stopping.set()

        with pytest.raises(NotBuriedError):
            await DeadLetters(nobody, group="test", process=spoilt.process).bury(
                spoilt.records[0], why="spoilt"
            )
