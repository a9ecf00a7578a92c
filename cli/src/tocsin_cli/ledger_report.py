"""What an operator's look gathers: the ledger's part, and the log's where it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tocsin_cli.database import on_database
from tocsin_runtime.kafka.admin import Observer
from tocsin_runtime.kafka.letter_box import LetterBox
from tocsin_runtime.kafka.letter_list import newest
from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_schemas.topics import RECEIPTS
from tocsin_store import operations, pauses
from tocsin_store.merged_offsets import Log as MergedLog
from tocsin_store.merged_offsets import merged_offsets
from tocsin_store.operations import Backlog, Crew, Outbox, Unfinished
from tocsin_store.pauses import Held
from tocsin_store.pool import Pool

OLD: Final = timedelta(seconds=60)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Log:
    """What Kafka tells."""

    unmerged: int
    """Receipts that the merge has not reached."""
    late: int
    """Those of them that were written more than a minute ago."""
    letters: int
    """Dead letters of the last 24 hours."""
    letters_waiting: int
    """Those of them that were not replayed."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything at one look; not one snapshot."""

    backlogs: Sequence[Backlog]
    outbox: Outbox
    crews: Sequence[Crew]
    old_claims: int | None
    """Deliveries claimed for more than a minute; None where counting took too long."""
    holds: Sequence[Held]
    suppressions: int
    unfinished: Unfinished
    log: Log | None
    """None where Kafka does not answer."""


async def gather(*, dsn: str, kafka: str) -> Report:
    """Look.

    Raises:
        NotMigratedError: The database is not at our schema.
        CommandError: It does not answer.
    """

    async def look(pool: Pool) -> Report:
        return Report(
            backlogs=await operations.backlogs(pool),
            outbox=await operations.outbox(pool),
            crews=await operations.crews(pool),
            old_claims=await operations.old_claims(pool, older=OLD),
            holds=await pauses.in_force(pool),
            suppressions=await operations.suppressions(pool),
            unfinished=await operations.unfinished(pool),
            log=await _log(pool, kafka=kafka),
        )

    return await on_database(look, dsn=dsn)


async def _log(pool: Pool, *, kafka: str) -> Log | None:
    now = datetime.now(UTC)
    try:
        async with Observer(kafka) as observer:
            first, ends = await observer.first_offsets(RECEIPTS), await observer.end_offsets(RECEIPTS)
            id_ = await observer.topic_id(RECEIPTS)
            young = await observer.offsets_at(RECEIPTS, now - OLD)
        async with LetterBox(kafka) as box:
            letters = await newest(box, limit=1, since=now - _DAY)
    except KafkaUnavailableError:
        return None
    merged = await merged_offsets(pool, MergedLog(RECEIPTS.name, id_))
    stands = {number: max(merged.get(number, 0), first[number]) for number in ends}
    return Log(
        unmerged=sum(max(0, end - stands[number]) for number, end in ends.items()),
        late=sum(max(0, young.get(number, end) - stands[number]) for number, end in ends.items()),
        letters=letters.found,
        letters_waiting=letters.waiting,
    )
