"""A client whose fetching in the background ends with an error, which it tells nobody: the reader goes on with another."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from uuid import UUID, uuid4

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.api import Request
from aiokafka.protocol.fetch import FetchRequest

from tests.integration.tocsin_runtime.test_intake import finish, numbers, taken
from tests.support.eventually import eventually, until
from tests.support.topics import a_topic, numbered, written
from tocsin_runtime.kafka.consumer import Intake


@pytest.fixture
def reset(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """While it is set, the next fetch meets what uvloop raises for a write to a connection that was reset just then."""
    reset = asyncio.Event()
    send: Callable[..., Coroutine[None, None, object]] = AIOKafkaConnection.send

    def failing(self: AIOKafkaConnection, request: Request, **options: bool) -> Coroutine[None, None, object]:
        if isinstance(request, FetchRequest) and reset.is_set():
            reset.clear()
            raise RuntimeError("unable to perform operation on a closed transport")
        return send(self, request, **options)

    monkeypatch.setattr(AIOKafkaConnection, "send", failing)
    return reset


async def test_a_reader_whose_client_fetches_no_more_goes_on(
    kafka_bootstrap: str, reset: asyncio.Event
) -> None:
    topic, group = await a_topic(kafka_bootstrap, partitions=2), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 10))
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        finish(await taken(intake, 10))
        reset.set()
        await until(lambda: not reset.is_set())
        await written(kafka_bootstrap, numbered(topic, 10, start=10))
        seen: set[int] = set()

        async def all_seen() -> bool:
            records = await intake.take(limit=100)
            finish(records)
            seen.update(numbers(records))
            return seen >= set(range(10, 20))

        await eventually(all_seen)


async def test_what_a_client_was_given_that_is_given_up_is_not_begun_with(
    kafka_bootstrap: str, reset: asyncio.Event
) -> None:
    topic, asked, answer = await a_topic(kafka_bootstrap, partitions=2), asyncio.Event(), asyncio.Event()
    await written(kafka_bootstrap, numbered(topic, 10))

    async def starts(_: UUID) -> Mapping[int, int]:
        asked.set()
        await answer.wait()
        return {}

    reset.set()
    async with Intake(kafka_bootstrap, topic=topic, group=uuid4().hex, starts=starts) as intake:
        await asked.wait()
        await until(lambda: not reset.is_set())
        taking = asyncio.create_task(taken(intake, 10))
        answer.set()

        records = await taking
        finish(records)
        assert numbers(records) == list(range(10))
