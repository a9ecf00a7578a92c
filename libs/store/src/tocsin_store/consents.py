"""Consents: member x agency x purpose x channel, append-only with validity."""

from collections.abc import Mapping
from uuid import UUID

from tocsin_schemas.words import Channel, Purpose
from tocsin_store.pool import Connection


async def withdraw(
    conn: Connection,
    *,
    member_id: UUID,
    agency_id: UUID,
    purpose: Purpose,
    channel: Channel,
    evidence: Mapping[str, str],
) -> int:
    """End a member's consent now and return how many rows that ended: 0 where it had ended already.

    From the commit on no claim of that purpose and channel finds a consent (I3).
    """
    ended: int = await conn.fetchval(
        """
        WITH ended AS (
            UPDATE consent
            SET    valid_until = now(),
                   withdrawal  = $5
            WHERE  member_id = $1 AND agency_id = $2 AND purpose = $3 AND channel = $4
            AND    (valid_until IS NULL OR valid_until > now())
            RETURNING 1
        )
        SELECT count(*) FROM ended
        """,
        member_id,
        agency_id,
        purpose,
        channel,
        dict(evidence),
    )
    return ended
