"""What providers answered when they did not take a message. Their words may name people: they stay in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tocsin_store.pool import Pool


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


async def forget_old(pool: Pool, *, days: int) -> None:
    """Delete those older than so many days."""
    await pool.execute(
        "DELETE FROM provider_answer WHERE answered_at < now() - make_interval(days => $1)", days
    )
