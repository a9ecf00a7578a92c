"""What providers answered when they did not take a message. Their words may name people: they stay in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_store.pool import Pool

_PAGE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of one answer."""

    delivery_id: UUID
    fence: int
    text: str


async def keep(pool: Pool, answers: Sequence[Answer]) -> None:
    """Keep them for operators to read beside the timeline."""
    await pool.execute(
        """INSERT INTO provider_answer (delivery_id, fence, answer)
           SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[]) ON CONFLICT DO NOTHING""",
        [answer.delivery_id for answer in answers],
        [answer.fence for answer in answers],
        [_storable(answer.text) for answer in answers],
    )


def _storable(text: str) -> str:
    """What a stranger's server said, without what PostgreSQL's text cannot hold."""
    return text.replace("\0", "").encode(errors="replace").decode()


async def of(pool: Pool, delivery_id: UUID) -> list[Answer]:
    """What was answered about one delivery, claim after claim."""
    rows = await pool.fetch(
        "SELECT delivery_id, fence, answer AS text FROM provider_answer WHERE delivery_id = $1 ORDER BY fence",
        delivery_id,
    )
    return [Answer(**row) for row in rows]


async def forget_old(pool: Pool, *, days: int) -> bool:
    """Delete a page of those older than so many days; says whether there may be more."""
    status = await pool.execute(
        """DELETE FROM provider_answer WHERE (delivery_id, fence) IN (
               SELECT delivery_id, fence FROM provider_answer
               WHERE  answered_at < now() - make_interval(days => $1) ORDER BY answered_at LIMIT $2)""",
        days,
        _PAGE,
    )
    return bool(status == f"DELETE {_PAGE}")
