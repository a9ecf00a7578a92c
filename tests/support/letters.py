"""Letters on `dead-letters`, as a service puts them there."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from tests.support.topics import written
from tocsin_runtime.kafka.consumer import Intake
from tocsin_runtime.kafka.dead_letters import DeadLetters
from tocsin_runtime.kafka.letter_box import LetterBox
from tocsin_runtime.kafka.letter_list import Listing, newest
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Buried:
    """A topic whose records were all put aside."""

    bootstrap: str
    topic: Topic
    values: Sequence[bytes]

    async def listing(self, *, limit: int = 100) -> Listing:
        """Its letters."""
        async with LetterBox(self.bootstrap) as box:
            return await newest(box, limit=limit, topic=self.topic.name)


async def buried(bootstrap: str, topic: Topic, values: Sequence[bytes]) -> Buried:
    """Write records to a topic, and put every one aside."""
    records = [
        Record(topic.name, number % topic.partitions, f"key-{number}".encode(), value)
        for number, value in enumerate(values)
    ]
    await written(bootstrap, records)
    async with (
        Outlet(bootstrap, client_id="test") as outlet,
        Intake(bootstrap, topic=topic, group=uuid4().hex) as intake,
    ):
        letters, taken = DeadLetters(outlet, group="test", most_a_minute=1_000), 0
        while taken < len(values):
            for record in await intake.take(limit=100):
                await letters.bury(record, why="Receipt: id: missing")
                record.finish()
                taken += 1
    return Buried(bootstrap, topic, values)
