"""A topic that was deleted and made again, or lost its records, under a running reader: it is read from its start."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest

from tests.integration.tocsin_runtime.test_intake import committed, finish, numbers, taken
from tests.support.eventually import eventually
from tests.support.topics import a_topic, emptied_log, made_anew, numbered, written
from tocsin_runtime.kafka.consumer import Intake


@pytest.mark.parametrize("again", [2, 8], ids=["shorter", "longer"])
async def test_a_topic_made_anew_is_read_from_its_start(kafka_bootstrap: str, again: int) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 5))
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        finish(await taken(intake, 5))

        await made_anew(kafka_bootstrap, topic)
        await written(kafka_bootstrap, numbered(topic, again, start=5))
        seen: set[int] = set()

        async def all_seen() -> bool:
            records = await intake.take(limit=100)
            finish(records)
            seen.update(numbers(records))
            return seen >= set(range(5, 5 + again))

        await eventually(all_seen)

    assert await committed(kafka_bootstrap, group, topic) == {0: again}


async def test_a_topic_made_anew_is_noticed_before_it_holds_anything(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 5))
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        finish(await taken(intake, 5))

        await made_anew(kafka_bootstrap, topic)

        async def begins_at_its_start() -> bool:
            finish(await intake.take(limit=100))
            return dict(intake.positions) == {0: 0}

        await eventually(begins_at_its_start)


async def test_after_lost_records_reading_goes_on(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        await intake.take(limit=1)
        await written(kafka_bootstrap, numbered(topic, 5))
        await emptied_log(kafka_bootstrap, topic)
        await written(kafka_bootstrap, numbered(topic, 2, start=5))
        seen: list[int] = []

        async def the_new_ones() -> bool:
            records = await intake.take(limit=100)
            finish(records)
            seen.extend(numbers(records))
            return seen[-2:] == [5, 6]

        await eventually(the_new_ones)

    assert await committed(kafka_bootstrap, group, topic) == {0: 7}


async def test_starts_kept_elsewhere_are_asked_of_the_topic_as_it_is(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 3))
    kept: dict[UUID, int] = {}

    async def starts(topic_id: UUID) -> Mapping[int, int]:
        return {0: kept[topic_id]} if topic_id in kept else {}

    async with Intake(kafka_bootstrap, topic=topic, group=group, starts=starts) as intake:
        finish(await taken(intake, 3))
        kept[intake.topic_id] = 3
    await made_anew(kafka_bootstrap, topic)
    await written(kafka_bootstrap, numbered(topic, 8, start=3))

    async with Intake(kafka_bootstrap, topic=topic, group=group, starts=starts) as intake:
        records = await taken(intake, 8)
        finish(records)

    assert numbers(records) == list(range(3, 11))
