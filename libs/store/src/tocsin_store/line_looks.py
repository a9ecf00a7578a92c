"""A look at lines and households before anything is claimed: whom a call would be in vain for now."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Reason, ReceiptKind
from tocsin_store.claim import Verdict
from tocsin_store.lines import BUSY, HOUSEHOLD_CALL, HOUSEHOLD_WAITS
from tocsin_store.pool import Pool, Row

# What would be refused if it were claimed now and its line seized. What it waits for already stays.
LOOK: Final = f"""
WITH taken AS MATERIALIZED (
    SELECT d.id, d.fence, d.alert_version, others AND called AS called,
           CASE WHEN others THEN greatest($4::interval, due_at - now() + $3::interval) ELSE $3::interval END AS again_in
    FROM   unnest($2::uuid[]) u(id)
    CROSS  JOIN LATERAL (SELECT id, fence, alert_version, member_id, contact_point_id FROM delivery
                         WHERE  id = u.id AND alert_id = $1 AND work = 'waiting' OFFSET 0) d
    CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = d.contact_point_id OFFSET 0) p
    CROSS  JOIN LATERAL (SELECT household_id FROM member WHERE id = d.member_id OFFSET 0) m
    LEFT   JOIN LATERAL (SELECT true AS busy FROM line WHERE address = p.address OFFSET 0) l ON true
    LEFT   JOIN LATERAL ({HOUSEHOLD_CALL.format("$1", "d.alert_version")}) h ON true
    CROSS  JOIN LATERAL (SELECT coalesce(h.delivery_id <> d.id AND NOT failed, false) AS others) o
    WHERE  busy OR others
), put_off AS (
    INSERT INTO due (delivery_id, alert_id, kind, channel, lane, due_at, produce_after)
    SELECT t.id, a.id, 'send', 'voice', a.lane, now(), least(now() + again_in, a.expires_at)
    FROM   alert a CROSS JOIN taken t
    WHERE  a.id = $1 AND NOT called
    ORDER  BY t.id
    ON CONFLICT (delivery_id) DO UPDATE SET produce_after = greatest(due.produce_after, excluded.produce_after)
)
SELECT id, fence, alert_version, called FROM taken
"""


async def look(pool: Pool, alert_id: UUID, delivery_ids: Sequence[UUID]) -> Mapping[UUID, Verdict | None]:
    """Say which of these would not be called if they were claimed now: no turn of a caller need be spent on them.

    Whose line or household is occupied is put off. Nothing is seized: the others may find theirs occupied all the same.

    Returns:
        Why those whose household was called are not, and None for those put off.
    """
    rows = await pool.fetch(LOOK, alert_id, delivery_ids, BUSY, HOUSEHOLD_WAITS)
    return {row["id"]: _called(row) if row["called"] else None for row in rows}


def _called(row: Row) -> Verdict:
    kind, reason = ReceiptKind.SUPPRESSED, Reason.HOUSEHOLD_CALLED
    return Verdict(row["id"], row["fence"], row["alert_version"], kind, reason, None)
