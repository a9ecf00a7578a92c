"""What is on `dead-letters`, and the way back."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.e2e_kafka import everything_on
from tests.support.letters import buried
from tests.support.topics import a_topic, written
from tocsin_runtime.kafka.admin import partition_counts
from tocsin_runtime.kafka.letter_box import Letter, LetterBox
from tocsin_runtime.kafka.letter_list import newest
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet, Record
from tocsin_runtime.kafka.replay import Replay, Tally, replay_all
from tocsin_schemas.topics import DEAD_LETTERS


async def replayed(bootstrap: str, *, topic: str | None = None, since: datetime | None = None) -> Tally:
    async with LetterBox(bootstrap) as box, Outlet(bootstrap, client_id="test") as outlet:
        replay = Replay(outlet, await partition_counts(bootstrap))
        await replay_all(box, replay, topic=topic, since=since)
        return replay.tally


async def test_the_newest_are_listed_and_all_are_counted(kafka_bootstrap: str) -> None:
    aside = await buried(
        kafka_bootstrap, await a_topic(kafka_bootstrap), [b"%d" % number for number in range(5)]
    )

    listing = await aside.listing(limit=2)

    assert (listing.found, listing.waiting) == (5, 5)
    offsets = [each.letter.why.offset for each in listing.newest if each.letter.why]
    assert offsets == [4, 3]
    assert [(each.size, each.letter.value, each.replayed) for each in listing.newest] == [(1, b"", False)] * 2


async def test_a_letter_goes_back_whole_to_its_partition(kafka_bootstrap: str) -> None:
    topic, spoilt = await a_topic(kafka_bootstrap, partitions=3), [uuid4().bytes for _ in range(6)]
    aside = await buried(kafka_bootstrap, topic, spoilt)

    tally = await replayed(kafka_bootstrap, topic=topic.name)

    assert (tally.replayed, dict(tally.left)) == (6, {})
    twice = [(record.key, record.value) for record in await everything_on(kafka_bootstrap, topic)]
    assert sorted(twice) == sorted(
        [(f"key-{number}".encode(), value) for number, value in enumerate(spoilt)] * 2
    )
    assert {each.replayed for each in (await aside.listing()).newest} == {True}


async def test_all_does_not_take_a_letter_twice(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)
    await buried(kafka_bootstrap, topic, [b"one"])
    first = await replayed(kafka_bootstrap, topic=topic.name)
    aside = await buried(kafka_bootstrap, topic, [b"another"])  # takes what was replayed, too

    second = await replayed(kafka_bootstrap, topic=topic.name)

    assert (first.replayed, second.replayed) == (1, (await aside.listing()).found - 1)
    assert (await replayed(kafka_bootstrap, topic=topic.name)).replayed == 0


async def test_a_period_begins_where_it_is_told_to(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)
    await buried(kafka_bootstrap, topic, [b"one"])
    later = datetime.now(UTC) + timedelta(minutes=1)

    async with LetterBox(kafka_bootstrap) as box:
        before = await newest(box, limit=9, topic=topic.name, since=later - timedelta(minutes=2))
        after = await newest(box, limit=9, topic=topic.name, since=later)

    assert (before.found, after.found) == (1, 0)


async def test_what_cannot_go_back_stays_and_says_why(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)
    await buried(kafka_bootstrap, topic, [b"x" * 950_000])
    await written(kafka_bootstrap, [Record(DEAD_LETTERS.name, 0, b"", b"stray")])

    async with LetterBox(kafka_bootstrap) as box, Outlet(kafka_bootstrap, client_id="test") as outlet:
        listing = await newest(box, limit=1, topic=topic.name)
        cut = await box.letter(listing.newest[0].letter.partition, listing.newest[0].letter.offset)
        replay = Replay(outlet, partitions={})
        assert cut is not None
        await replay.put_back([cut, Letter(0, 0, datetime.now(UTC), b"", b"", why=None)])

    assert len(cut.value) == 900_000
    assert replay.tally.replayed == 0
    assert set(replay.tally.left) == {
        "its value was too big to be kept whole",
        "its header cannot be read, so nobody knows its topic",
    }


async def test_a_topic_that_is_gone_is_no_way_back(kafka_bootstrap: str) -> None:
    topic = await a_topic(kafka_bootstrap)
    aside = await buried(kafka_bootstrap, topic, [b"one"])
    letter = (await aside.listing()).newest[0].letter

    obstacle = Replay(Outlet(kafka_bootstrap, client_id="test"), partitions={}).obstacle(letter)

    assert obstacle == f"there is no {topic.name} with a partition 0"


async def test_what_was_never_written_is_not_found(kafka_bootstrap: str) -> None:
    async with LetterBox(kafka_bootstrap) as box:
        assert await box.letter(0, 10**9) is None
        assert await box.letter(77, 0) is None


async def test_a_kafka_that_is_down_is_said() -> None:
    with pytest.raises(KafkaUnavailableError):
        async with LetterBox("127.0.0.1:1"):
            pass
