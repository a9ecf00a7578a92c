"""Letters go back to where they came from, and a note says so."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tocsin_runtime.kafka.letter_box import NOTE_HEADER, Letter, LetterBox, Note
from tocsin_runtime.kafka.producer import Outlet, Record
from tocsin_schemas.codec import encode
from tocsin_schemas.messages import Replayed
from tocsin_schemas.topics import DEAD_LETTERS

_MOST_LETTERS: Final = 100
_MOST_BYTES: Final = 4_000_000
_TIMEOUT_SECONDS: Final = 20.0


@dataclass(slots=True)
class Tally:
    """What a replay did; it grows as it goes, so that it is true after a failure, too."""

    replayed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """How many cannot be replayed, by why."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Puts letters back: their original key and bytes, on their original topic and partition.

    First the records are acknowledged, then a note is written behind the letters, in their own partition of
    `dead-letters`: a record whose header `replayed` names their offsets. A replay that dies between the two has
    replayed letters that it does not know of, and the next takes them again. That is harmless, as is any replay: work
    on Kafka is a hint that the ledger judges, and a fact told twice is merged once. What fails again comes back as a
    new letter, behind the end that this replay began with.
    """

    outlet: Outlet
    partitions: Mapping[str, int]
    """How many every topic has."""
    tally: Tally = field(default_factory=Tally)

    async def put_back(self, letters: Sequence[Letter]) -> None:
        """Put a few back, all from one partition of `dead-letters`, and note it.

        Raises:
            KafkaUnavailableError: Not all are known to be back; those are not noted.
        """
        records = {letter.offset: record for letter in letters if (record := self._original(letter))}
        if not records:
            return
        await self.outlet.produce(list(records.values()), timeout=_TIMEOUT_SECONDS)
        note = Record(
            topic=DEAD_LETTERS.name,
            partition=letters[0].partition,
            key=letters[0].key,
            value=b"",
            headers=((NOTE_HEADER, encode(Replayed(offsets=tuple(records)))),),
        )
        await self.outlet.produce([note], timeout=_TIMEOUT_SECONDS)
        self.tally.replayed += len(records)

    def _original(self, letter: Letter) -> Record | None:
        reason = self.obstacle(letter)
        if reason is not None or letter.why is None:
            self.tally.left[str(reason)] += 1
            return None
        return Record(letter.why.topic, letter.why.partition, letter.key, letter.value)

    def obstacle(self, letter: Letter) -> str | None:
        """Why a letter cannot be replayed; None where it can."""
        if letter.why is None:
            return "its header cannot be read, so nobody knows its topic"
        if letter.why.cut_from is not None:
            return "its value was too big to be kept whole"
        if letter.why.partition >= self.partitions.get(letter.why.topic, 0):
            return f"there is no {letter.why.topic} with a partition {letter.why.partition}"
        return None


async def replay_all(
    box: LetterBox, replay: Replay, *, topic: str | None = None, since: datetime | None = None
) -> None:
    """Put back every letter that is not noted as replayed.

    Args:
        box: Where they are.
        replay: Puts them back and counts.
        topic: Only those that came from there.
        since: Only those put aside from then on.

    Raises:
        KafkaUnavailableError: The tally says how far it came; do the same again.
    """
    for partition, span in (await box.spans(since=since)).items():
        noted = await noted_in(box, partition=partition, span=span)
        async for batch in _batches(box, partition=partition, span=span):
            wanted = [each for each in batch if not noted[each.offset - span.start] and each.came_from(topic)]
            await replay.put_back(wanted)


async def noted_in(box: LetterBox, *, partition: int, span: range) -> bytearray:
    """One byte for every record of a span: 1 where a note within the span says that it was replayed."""
    noted = bytearray(len(span))
    async for found in box.read(partition, span=span):
        if isinstance(found, Note):
            for offset in found.offsets:
                if offset in span:
                    noted[offset - span.start] = 1
    return noted


async def _batches(box: LetterBox, *, partition: int, span: range) -> AsyncIterator[Sequence[Letter]]:
    """Letters in order, few enough and small enough to be held at a time."""
    batch: list[Letter] = []
    size = 0
    async for found in box.read(partition, span=span):
        if isinstance(found, Note):
            continue
        batch.append(found)
        size += len(found.value)
        if len(batch) == _MOST_LETTERS or size >= _MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
