"""Who says that they have seen an alert: what a message was, for its reader, and how many have seen it, for its sender."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Lane
from tocsin_store.inbound import Threaded
from tocsin_store.pool import Connection

# Whoever takes their consent back is no longer named to the agency, but what they say still counts.
FIND: Final = """
SELECT d.id AS delivery_id, d.channel, d.alert_id, d.alert_version, d.contact_point_id,
       d.state = 'acknowledged' AS acknowledged, CASE WHEN granted THEN d.member_id END AS member_id,
       a.agency_id, a.lane::text, g.name AS agency_name, m.language, v.body
FROM  (SELECT * FROM delivery WHERE id = $1 AND fence >= $2 OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id, lane FROM alert WHERE id = d.alert_id OFFSET 0) a
CROSS  JOIN LATERAL (SELECT name FROM agency WHERE id = a.agency_id OFFSET 0) g
CROSS  JOIN LATERAL (SELECT language FROM member WHERE id = d.member_id OFFSET 0) m
CROSS  JOIN LATERAL (SELECT body FROM alert_content WHERE alert_id = d.alert_id AND version = d.alert_version OFFSET 0) v
LEFT   JOIN LATERAL (SELECT true AS granted FROM consent
                     WHERE  member_id = d.member_id AND agency_id = a.agency_id AND channel = d.channel
                       AND  valid_from <= now() AND (valid_until IS NULL OR valid_until > now())
                     LIMIT  1) c ON true
"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message, as whoever got it can speak of it."""

    got: Threaded
    channel: Channel
    member_id: UUID | None
    """Whose it is; None where they have since taken their consent back."""
    acknowledged: bool
    """Whether it is known that they have seen it."""
    agency_name: str
    language: str
    """What the member reads."""
    body: Mapping[str, object]
    """What was said."""


async def find(conn: Connection, delivery_id: UUID, *, fence: int) -> Delivered | None:
    """What was sent by one attempt of a delivery; None where the ledger has it no more."""
    row = await conn.fetchrow(FIND, delivery_id, fence)
    if row is None:
        return None
    got = Threaded(
        agency_id=row["agency_id"],
        alert_id=row["alert_id"],
        sent_as=row["alert_id"],
        alert_version=row["alert_version"],
        delivery_id=row["delivery_id"],
        fence=fence,
        contact_point_id=row["contact_point_id"],
        lane=Lane(row["lane"]),
    )
    return Delivered(
        got=got,
        channel=Channel(row["channel"]),
        member_id=row["member_id"],
        acknowledged=row["acknowledged"],
        agency_name=row["agency_name"],
        language=row["language"],
        body=row["body"],
    )
