"""A small world of calls: members with numbers that are called, and alerts that go there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.support.texts import numbered, told_by
from tests.support.world import Post, Situation, an_agency
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store.pool import Pool

CALLER = "+441134960000"


async def a_calling_agency(pool: Pool, *, calls_per_s: int = 1) -> UUID:
    """An agency that may call."""
    agency = await an_agency(pool)
    await pool.execute(
        "UPDATE agency SET voice_from = $2, calls_per_s = $3 WHERE id = $1", agency, CALLER, calls_per_s
    )
    return agency


async def calling(
    pool: Pool,
    count: int = 1,
    *,
    post: Post | None = None,
    together: bool = False,
    same_number: bool = False,
    agency: UUID | None = None,
) -> Situation:
    """An alert with so many calls that wait to be claimed.

    Args:
        pool: Connections.
        count: Of members; each has a number and a household of its own, unless something else is said.
        post: What is posted.
        together: Whether they are one household.
        same_number: Whether they have one number.
        agency: Whose alert, and whose members besides those that it has.
    """
    agency = agency or await a_calling_agency(pool)
    ids = await numbered(pool, agency, count, channel=Channel.VOICE)
    if together:
        await share_household(pool, ids)
    if same_number:
        await pool.execute(
            "UPDATE contact_point SET address = $2 WHERE member_id = ANY($1::uuid[])", ids, a_number()
        )
    return await told_by(pool, agency, Channel.VOICE, post=post)


async def share_household(pool: Pool, members: Sequence[UUID]) -> None:
    """Let members live together."""
    await pool.execute("UPDATE member SET household_id = $2 WHERE id = ANY($1::uuid[])", members, uuid4())


def a_number() -> str:
    """One that nobody else here has."""
    return f"+44{uuid4().int % 10**10:010d}"


def call_fact(
    situation: Situation,
    kind: ReceiptKind,
    *,
    number: int = 0,
    fence: int = 1,
    reason: Reason | None = None,
    status: str | None = None,
    due_in: timedelta | None = None,
    provider: str | None = "twilio",
) -> Receipt:
    """A fact about one call, of now."""
    now = datetime.now(UTC)
    return Receipt.of(
        situation.ids[number],
        alert=situation.alert,
        alert_version=1,
        channel=Channel.VOICE,
        fence=fence,
        kind=kind,
        now=now,
        reason=reason,
        provider=provider,
        provider_status=status,
        due_at=None if due_in is None else now + due_in,
    )
