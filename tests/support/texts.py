"""A small world of texts: members with numbers, alerts that go to them, and what providers tell of these."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tests.support.world import Post, Resident, Situation, an_agency, fanned_out, ids_of, posted, settled_in
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session

NUMBERED: Final = """
UPDATE contact_point
SET    channel = $2, address = '+447' || lpad(('x' || right(id::text, 7))::bit(28)::int::text, 9, '0')
WHERE  member_id = ANY($1::uuid[])
"""


async def a_texting_agency(pool: Pool, *, segments_per_s: int = 10) -> UUID:
    """An agency with a sender of its own."""
    agency = await an_agency(pool)
    await pool.execute(
        "UPDATE agency SET sms_from = $2, sms_segments_per_s = $3 WHERE id = $1",
        agency,
        uuid4().hex[:11],
        segments_per_s,
    )
    return agency


async def texting(
    pool: Pool, count: int = 1, *, post: Post | None = None, agency: UUID | None = None
) -> Situation:
    """An alert with so many texts that wait to be claimed."""
    agency = agency or await a_texting_agency(pool)
    await numbered(pool, agency, count, channel=Channel.SMS)
    return await told_by(pool, agency, Channel.SMS, post=post)


async def numbered(pool: Pool, agency: UUID, count: int, *, channel: Channel) -> list[UUID]:
    """Add so many members with a number and consent to a channel that goes there; returns their ids."""
    ids = await settled_in(pool, agency, [Resident()] * count)
    await pool.execute(NUMBERED, ids, channel.value)
    await pool.execute(
        "UPDATE consent SET channel = $2 WHERE member_id = ANY($1::uuid[])", ids, channel.value
    )
    return ids


async def told_by(pool: Pool, agency: UUID, channel: Channel, *, post: Post | None = None) -> Situation:
    """An alert that goes to the agency's members by a channel."""
    alert = await posted(pool, agency, replace(post or Post(), channels=(channel,)))
    await fanned_out(pool)
    return Situation(pool, agency, alert, await open_session(pool, worker="test"), await ids_of(pool, alert))


def text_fact(  # noqa: PLR0913 - a receipt has this many facts
    situation: Situation,
    kind: ReceiptKind,
    *,
    number: int = 0,
    fence: int = 1,
    ref: str | None = None,
    status: str | None = None,
    reason: Reason | None = None,
    attempt: int | None = None,
    segments: int | None = None,
    cost: int | None = None,
    due_in: timedelta | None = None,
    provider: str | None = "twilio",
    channel: Channel = Channel.SMS,
) -> Receipt:
    """A fact about one text (or what goes by another channel), of now."""
    now = datetime.now(UTC)
    return Receipt.of(
        situation.ids[number],
        alert=situation.alert,
        alert_version=1,
        channel=channel,
        fence=fence,
        kind=kind,
        now=now,
        reason=reason,
        provider=provider,
        provider_status=status,
        due_at=None if due_in is None else now + due_in,
        attempt=attempt,
        provider_ref=ref,
        segments=segments,
        cost=cost,
    )
