"""What became of each version of an alert, and why it was called off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin_store.pool import Connection


@dataclass(frozen=True, slots=True)
class VersionCounts:
    """One version: what kind of message it was, to whom, and its deliveries by state, folded and unfolded."""

    version: int
    created_at: datetime
    message_type: str
    to: str
    states: Mapping[str, int]


async def read(conn: Connection, alert_id: UUID) -> list[VersionCounts]:
    """Every version, oldest first, counted in one snapshot; the contents stay where they are."""
    rows = await conn.fetch(
        """
        WITH counted AS (
            SELECT alert_version, state, sum(n) AS n
            FROM  (SELECT alert_version, state, n FROM tally       WHERE alert_id = $1 AND bucket = -1
                   UNION ALL
                   SELECT alert_version, state, n FROM tally_delta WHERE alert_id = $1 AND bucket = -1) x
            GROUP  BY alert_version, state
            HAVING sum(n) <> 0
        )
        SELECT version, created_at, coalesce(body ->> 'message_type', 'alert') AS message_type,
               coalesce(body ->> 'to', 'audience')                             AS to,
               (SELECT coalesce(jsonb_object_agg(state, n), '{}')
                FROM   counted WHERE alert_version = c.version)                AS states
        FROM   alert_content c
        WHERE  alert_id = $1
        ORDER  BY version
        """,
        alert_id,
    )
    return [VersionCounts(**row) for row in rows]


async def note_cancel(conn: Connection, alert_id: UUID, *, version: int, at: datetime, reason: str) -> None:
    """Write into a version in force that it was called off. What it says to members stays as it was."""
    await conn.execute(
        """
        UPDATE alert_content
        SET    body = body || jsonb_build_object('cancelled', jsonb_build_object('at', $3::timestamptz, 'reason', $4::text))
        WHERE  alert_id = $1 AND version = $2
        """,
        alert_id,
        version,
        at,
        reason,
    )
