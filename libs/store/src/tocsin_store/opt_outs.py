"""Opt-outs by number: consent to texts or calls of an agency, ended and given back for every purpose at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel
from tocsin_store.pool import Connection, Row

# A phone may be a family's: whoever has the number now leaves with it. Each channel has an index of its numbers. What
# another transaction ended that began after this one is over, too: its end is later than our now(), not than the clock.
_STOP: Final = """
WITH point AS MATERIALIZED (
    SELECT DISTINCT ON (member_id) member_id, id FROM contact_point
    WHERE  channel = '{channel}' AND address = $1 AND (valid_until IS NULL OR valid_until > now())
    ORDER  BY member_id, id
), ended AS (
    UPDATE consent c
    SET    valid_until = now(), withdrawal = $3::jsonb || jsonb_build_object('contact_point', point.id)
    FROM   point
    WHERE  c.member_id = point.member_id AND c.agency_id = ANY($2::uuid[]) AND c.channel = '{channel}'
      AND  (c.valid_until IS NULL OR c.valid_until > clock_timestamp())
    RETURNING c.agency_id, c.member_id
)
SELECT DISTINCT ended.agency_id, ended.member_id, m.language
FROM   ended JOIN member m ON m.id = ended.member_id ORDER BY 1, 2
"""
STOP: Final = {channel: _STOP.format(channel=channel) for channel in (Channel.SMS, Channel.VOICE)}

# What was given anew since it was withdrawn, or was withdrawn in another way last, is not touched.
START: Final = """
WITH point AS MATERIALIZED (
    SELECT id, member_id FROM contact_point
    WHERE  channel = 'sms' AND address = $1 AND (valid_until IS NULL OR valid_until > now())
), last AS MATERIALIZED (
    SELECT DISTINCT ON (c.member_id, c.agency_id, c.purpose) c.*
    FROM  (SELECT DISTINCT member_id FROM point) p
    JOIN   consent c ON c.member_id = p.member_id AND c.agency_id = ANY($2::uuid[]) AND c.channel = 'sms'
    ORDER  BY c.member_id, c.agency_id, c.purpose, c.valid_until DESC NULLS FIRST
), given AS (
    INSERT INTO consent (member_id, agency_id, purpose, channel, evidence)
    SELECT member_id, agency_id, purpose, channel, $3::jsonb || jsonb_build_object('restores', id)
    FROM   last WHERE valid_until <= clock_timestamp() AND withdrawal ->> 'contact_point' IN (SELECT id::text FROM point)
    RETURNING agency_id, member_id
)
SELECT DISTINCT given.agency_id, given.member_id, m.language
FROM   given JOIN member m ON m.id = given.member_id ORDER BY 1, 2
"""

# What was given after the provider refused is not meant by it.
WITHDRAW_REFUSED: Final = """
WITH r AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
                  AS r(contact_point_id, agency_id, provider, status, at)
), point AS MATERIALIZED (
    SELECT DISTINCT ON (same.member_id, r.agency_id) same.member_id, same.id, r.agency_id, r.provider, r.status, r.at
    FROM   r
    CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = r.contact_point_id OFFSET 0) p
    JOIN   contact_point same ON same.channel = 'sms' AND same.address = p.address
                             AND (same.valid_until IS NULL OR same.valid_until > now())
    ORDER  BY same.member_id, r.agency_id, r.at DESC
), ended AS (
    UPDATE consent c
    SET    valid_until = now(),
           withdrawal  = jsonb_build_object('by', 'provider', 'how', 'refused', 'provider', point.provider,
                                            'status', point.status, 'contact_point', point.id)
    FROM   point
    WHERE  c.member_id = point.member_id AND c.agency_id = point.agency_id AND c.channel = 'sms'
      AND  (c.valid_until IS NULL OR c.valid_until > clock_timestamp()) AND c.valid_from <= point.at
    RETURNING c.agency_id, c.member_id
), noted AS (
    INSERT INTO audit (agency_id, actor, action, subject)
    SELECT DISTINCT agency_id, 'provider', 'consent withdrawn', member_id::text FROM ended
)
SELECT count(*)::int FROM ended
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A member whose consent to texts or calls of an agency ended, or was given back."""

    agency_id: UUID
    member_id: UUID
    language: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider said that a number has opted out of an agency's texts."""

    contact_point_id: UUID
    agency_id: UUID
    provider: str | None
    provider_status: str | None
    at: datetime


async def stop(
    conn: Connection,
    number: str,
    *,
    agencies: Sequence[UUID],
    evidence: Mapping[str, str],
    channel: Channel = Channel.SMS,
) -> list[Moved]:
    """End every consent to texts, or calls, of these agencies that members with this number have.

    From the commit on no claim finds one (I3).
    """
    return [_moved(row) for row in await conn.fetch(STOP[channel], number, list(agencies), dict(evidence))]


async def start(
    conn: Connection, number: str, *, agencies: Sequence[UUID], evidence: Mapping[str, str]
) -> list[Moved]:
    """Give back what this number, or a provider on its behalf, withdrew last."""
    return [_moved(row) for row in await conn.fetch(START, number, list(agencies), dict(evidence))]


async def withdraw_refused(conn: Connection, refusals: Sequence[Refusal]) -> int:
    """End the consents of numbers that a provider keeps an opt-out of, with an audit entry for each member.

    In the transaction that merges what the provider said. Returns how many consents that ended.
    """
    ended: int = await conn.fetchval(
        WITHDRAW_REFUSED,
        [each.contact_point_id for each in refusals],
        [each.agency_id for each in refusals],
        [each.provider for each in refusals],
        [each.provider_status for each in refusals],
        [each.at for each in refusals],
    )
    return ended


def _moved(row: Row) -> Moved:
    return Moved(**row)
