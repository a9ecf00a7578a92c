"""Several members of a group: drained before partitions go, nothing lost, nothing twice."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from uuid import UUID, uuid4

from tests.support.eventually import until
from tests.support.topics import a_topic, numbered, written
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.taken import Taken
from tocsin_schemas.topics import Topic


class Member:
    """One member of a group: takes, and finishes after a moment, until told to leave."""

    def __init__(self, bootstrap: str, *, topic: Topic, group: str) -> None:
        self.intake = Intake(bootstrap, topic=topic, group=group)
        self.leaving = asyncio.Event()
        self.seen: Counter[int] = Counter()
        self.hold = asyncio.Event()
        self.hold.set()

    async def run(self) -> None:
        async with self.intake, asyncio.TaskGroup() as group:
            while not self.leaving.is_set():
                for record in await self.intake.take(limit=20):
                    group.create_task(self._handle(record))

    async def _handle(self, record: Taken) -> None:
        await self.hold.wait()
        self.seen[int(record.value or b"-1")] += 1
        record.finish()


async def test_a_second_member_joins_and_nothing_is_lost_or_doubled(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap, partitions=4), uuid4().hex
    first = Member(kafka_bootstrap, topic=topic, group=group)
    second = Member(kafka_bootstrap, topic=topic, group=group)
    await written(kafka_bootstrap, numbered(topic, 400))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(first.run())
        await until(lambda: first.seen.total() > 50)
        tasks.create_task(second.run())
        await until(lambda: bool(second.intake.positions))
        await written(kafka_bootstrap, numbered(topic, 400, start=400))
        await until(lambda: (first.seen + second.seen).total() >= 800)
        first.leaving.set()
        second.leaving.set()

    assert first.seen + second.seen == Counter(range(800))
    assert second.seen.total() > 0


async def test_what_is_in_hand_is_finished_before_the_partitions_go(kafka_bootstrap: str) -> None:
    topic, group = await a_topic(kafka_bootstrap, partitions=2), uuid4().hex
    first = Member(kafka_bootstrap, topic=topic, group=group)
    second = Member(kafka_bootstrap, topic=topic, group=group)
    await written(kafka_bootstrap, numbered(topic, 10))
    first.hold.clear()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(first.run())
        await until(lambda: first.intake.ready)
        while (await _in_hand(first)) < 10:
            await asyncio.sleep(0)
        tasks.create_task(second.run())
        await until(lambda: not first.intake.ready)
        first.hold.set()
        await until(lambda: bool(first.intake.positions) and bool(second.intake.positions))
        first.leaving.set()
        second.leaving.set()

    assert (first.seen, second.seen) == (Counter(range(10)), Counter())


async def _in_hand(member: Member) -> int:
    await asyncio.sleep(0.02)
    return member.intake._hand.records  # noqa: SLF001 - how many it drains for is nobody else's business


async def test_a_rewind_that_a_rebalance_overtakes_leaves_the_new_assignment_alone(
    kafka_bootstrap: str,
) -> None:
    topic, group = await a_topic(kafka_bootstrap, partitions=2), uuid4().hex
    await written(kafka_bootstrap, numbered(topic, 10))
    asked, answer = asyncio.Event(), asyncio.Event()
    answer.set()

    async def starts(_: UUID) -> Mapping[int, int]:
        if not asked.is_set():
            asked.set()
            await answer.wait()
        return {}

    first = Intake(kafka_bootstrap, topic=topic, group=group, starts=starts)
    second = Member(kafka_bootstrap, topic=topic, group=group)
    async with first, asyncio.TaskGroup() as tasks:
        await until(lambda: first.ready)
        asked.clear()
        answer.clear()
        rewinding = tasks.create_task(first.rewind())
        await asked.wait()
        tasks.create_task(second.run())
        await until(lambda: len(first.positions) == 1)
        answer.set()
        await rewinding

        assert len(first.positions) == 1
        async with asyncio.timeout(20):
            while not (records := await first.take(limit=10)):
                pass
        for record in records:
            record.finish()
        second.leaving.set()

    assert {int(record.value or b"") % 2 for record in records} < {0, 1}
