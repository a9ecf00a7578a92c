"""One delivery for an operator: where it stands, what it waits for, and its timeline. No member, no address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_store.pool import Pool


@dataclass(frozen=True, slots=True)
class Standing:
    """A delivery as the ledger has it, with its `due` row where it has one."""

    id: UUID
    alert_id: UUID
    alert_version: int
    channel: str
    wave: int
    state: str
    work: str
    reason: str | None
    attempts: int
    ambiguous: int
    fence: int
    session: int | None
    """The last that claimed it."""
    claimed_at: datetime | None
    updated_at: datetime
    due_kind: str | None
    due_at: datetime | None
    route: str | None
    """What on hold it waits for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fact of its timeline."""

    occurred_at: datetime
    kind: str
    state: str
    fence: int
    attempt: int | None
    reason: str | None
    provider: str | None
    provider_status: str | None
    due_at: datetime | None


STANDING: Final = """
SELECT d.id, d.alert_id, d.alert_version, d.channel, d.wave, d.state::text, d.work::text, d.reason, d.attempts, d.ambiguous,
       d.fence, d.session, d.claimed_at, d.updated_at, due.kind::text AS due_kind, due.due_at, due.route
FROM   delivery d LEFT JOIN due ON due.delivery_id = d.id
WHERE  d.id = $1
"""

STEPS: Final = """
SELECT occurred_at, kind, state::text, fence, attempt, reason, provider, provider_status, due_at
FROM   receipt WHERE delivery_id = $1 ORDER BY xid, ordinal
"""


async def standing(pool: Pool, delivery_id: UUID) -> Standing | None:
    """Where a delivery stands."""
    row = await pool.fetchrow(STANDING, delivery_id)
    return None if row is None else Standing(**row)


async def steps(pool: Pool, delivery_id: UUID) -> Sequence[Step]:
    """Its timeline, in the order in which it was merged."""
    return [Step(**row) for row in await pool.fetch(STEPS, delivery_id)]
