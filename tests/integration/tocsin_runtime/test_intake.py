"""The way from Kafka: commits what is finished, redelivers what is not."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from tests.support.eventually import eventually
from tests.support.topics import a_topic, numbered, written
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.starts import StartsUnknownError
from tocsin_runtime.kafka.taken import Taken
from tocsin_schemas.topics import Topic


async def taken(intake: Intake, count: int) -> list[Taken]:
    """So many records, however many takes it needs."""
    found: list[Taken] = []
    while len(found) < count:
        found += await intake.take(limit=count - len(found))
    return found


def numbers(records: Sequence[Taken]) -> list[int]:
    return sorted(int(record.value or b"-1") for record in records)


def finish(records: Sequence[Taken]) -> None:
    for record in records:
        record.finish()


async def committed(bootstrap: str, group: str, topic: Topic) -> Mapping[int, int]:
    async with Observer(bootstrap) as observer:
        found = await observer.committed(group)
    return {partition: at for (name, partition), at in found.items() if name == topic.name}


async def test_a_new_group_starts_at_the_oldest_record(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 5))

    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        records = await taken(intake, 5)
        finish(records)

    assert numbers(records) == [0, 1, 2, 3, 4]
    assert await committed(kafka_bootstrap, group, topic) == {0: 5}


async def test_the_next_one_starts_at_the_committed_offsets(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 3))
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        finish(await taken(intake, 3))
    await written(kafka_bootstrap, numbered(topic, 2, start=3))

    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        records = await taken(intake, 2)
        finish(records)

    assert numbers(records) == [3, 4]


async def test_only_what_is_finished_is_committed_and_the_rest_comes_again(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 6))
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        records = await taken(intake, 6)
        finish([*records[:2], *records[3:5]])
        records[2].drop()
        records[5].drop()

    at = await committed(kafka_bootstrap, group, topic)
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        again = await taken(intake, 4)
        finish(again)

    assert at == {0: 2}
    assert numbers(again) == [2, 3, 4, 5]


async def test_commits_happen_while_it_runs(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 4))

    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        finish(await taken(intake, 4))

        async def is_committed() -> bool:
            return await committed(kafka_bootstrap, group, topic) == {0: 4}

        await eventually(is_committed)


async def test_a_record_is_handed_out_once_and_finished_once(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 1))

    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        (record,) = await taken(intake, 1)
        more = await intake.take(limit=10)
        record.finish()
        record.finish()
        record.drop()

    assert more == []
    assert await committed(kafka_bootstrap, group, topic) == {0: 1}


async def test_idling_takes_nothing(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 2))

    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        await intake.idle(wait_ms=50)
        records = await taken(intake, 2)
        finish(records)

    assert numbers(records) == [0, 1]


async def test_starts_may_be_kept_elsewhere(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 5))
    async with Intake(kafka_bootstrap, topic=topic, group=group) as intake:
        finish(await taken(intake, 5))

    async def starts(_: UUID) -> Mapping[int, int]:
        return {0: 3}

    async with Intake(kafka_bootstrap, topic=topic, group=group, starts=starts) as intake:
        records = await taken(intake, 2)
        finish(records)
        assert intake.positions == {0: 3}

    assert numbers(records) == [3, 4]


async def test_starts_that_cannot_be_read_are_asked_for_again(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)
    await written(kafka_bootstrap, numbered(topic, 2))
    asked: list[int] = []

    async def starts(_: UUID) -> Mapping[int, int]:
        asked.append(1)
        if len(asked) == 1:
            raise StartsUnknownError
        return {}

    async with Intake(kafka_bootstrap, topic=topic, group=uuid4().hex, starts=starts) as intake:
        records = await taken(intake, 2)
        finish(records)

    assert (numbers(records), len(asked)) == ([0, 1], 2)


async def test_a_start_outside_the_log_is_the_oldest_record(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)
    await written(kafka_bootstrap, numbered(topic, 2))

    async def starts(_: UUID) -> Mapping[int, int]:
        return {0: 900}

    async with Intake(kafka_bootstrap, topic=topic, group=uuid4().hex, starts=starts) as intake:
        records = await taken(intake, 2)
        finish(records)

    assert numbers(records) == [0, 1]


async def test_a_rewind_starts_again_from_where_it_is_known_to_be_finished(kafka_bootstrap: str) -> None:
    topic, done = await a_topic(kafka_bootstrap), {0: 0}
    await written(kafka_bootstrap, numbered(topic, 4))

    async def starts(_: UUID) -> Mapping[int, int]:
        return done

    async with Intake(kafka_bootstrap, topic=topic, group=uuid4().hex, starts=starts) as intake:
        first = await taken(intake, 4)
        epoch = intake.epoch
        for record in first:
            record.drop()
        done[0] = 1
        await intake.rewind()
        second = await taken(intake, 3)
        finish(second)

    assert intake.epoch > epoch
    assert not first[0].current
    assert numbers(second) == [1, 2, 3]


async def test_a_partition_with_too_much_in_hand_is_held_back_and_the_others_go_on(
    kafka_bootstrap: str,
) -> None:
    topic, group = await a_topic(kafka_bootstrap, partitions=2), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 20))
    in_hand: list[Taken] = []
    others: list[Taken] = []

    async with Intake(kafka_bootstrap, topic=topic, group=group, most_unfinished=3) as intake:
        while len(others) < 10 or len(in_hand) < 3:
            (record,) = await taken(intake, 1)
            (others if record.partition else in_hand).append(record)
            finish(others[-1:])
        held = list(in_hand)
        finish(held)
        rest = await taken(intake, 3)
        finish(rest)

    assert numbers(held) == [0, 2, 4]
    assert numbers(others) == [*range(1, 20, 2)]
    assert numbers(rest) == [6, 8, 10]
