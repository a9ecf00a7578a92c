"""Bounces of one address, over many alerts."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support.receipts import fact, merged
from tests.support.world import Post, Resident, Situation, fanned_out, posted, settled_in
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Reason, ReceiptKind
from tocsin_store import suppressions
from tocsin_store.pool import Pool, Row
from tocsin_store.sessions import open_session
from tocsin_store.suppressions import Suppression


async def a_neighbour(pool: Pool, agency: UUID) -> UUID:
    """Somebody to write to; returns the member."""
    [member] = await settled_in(pool, agency, [Resident()])
    return member


async def sent_to(pool: Pool, agency: UUID, member: UUID, *, post: Post | None = None) -> Situation:
    """Post an alert and hand the member's delivery over, where a claim lets it; `ids` has that one alone."""
    alert = await posted(pool, agency, post)
    await fanned_out(pool)
    rows = await pool.fetch("SELECT id FROM delivery WHERE alert_id = $1 AND member_id = $2", alert, member)
    situation = Situation(
        pool, agency, alert, await open_session(pool, worker="test"), [row["id"] for row in rows]
    )
    taken = (await situation.claimed()).taken
    await merged(pool, [fact(delivery.id, ReceiptKind.ACCEPTED, alert=alert) for delivery in taken])
    return situation


def bounce(
    situation: Situation,
    reason: Reason,
    *,
    ago: timedelta = timedelta(),
    kind: ReceiptKind = ReceiptKind.FAILED,
) -> Receipt:
    """What came back, so long ago."""
    told = fact(situation.ids[0], kind, alert=situation.alert, reason=reason, status="dsn 5.1.1")
    return told.model_copy(update={"occurred_at": datetime.now(UTC) - ago})


async def struck(
    pool: Pool,
    agency: UUID,
    member: UUID,
    reason: Reason,
    *,
    ago: timedelta = timedelta(),
    kind: ReceiptKind = ReceiptKind.FAILED,
) -> Situation:
    """Send an alert of its own to a member, and let it come back."""
    situation = await sent_to(pool, agency, member)
    await merged(pool, [bounce(situation, reason, ago=ago, kind=kind)])
    return situation


async def suppressed(pool: Pool, agency: UUID) -> list[Suppression]:
    """Suppressions in force."""
    async with pool.acquire() as connection:
        return await suppressions.page(
            connection, agency_id=agency, after=None, active=True, channel=None, limit=100
        )


async def lifted(pool: Pool, agency: UUID, suppression: Suppression) -> None:
    """Lift one."""
    async with pool.acquire() as connection, connection.transaction():
        assert await suppressions.lift(connection, suppression.id, agency_id=agency, because="Asked")


async def delivery_of(pool: Pool, situation: Situation, member: UUID) -> Row:
    """The member's delivery of that alert."""
    row = await pool.fetchrow(
        "SELECT * FROM delivery WHERE alert_id = $1 AND member_id = $2", situation.alert, member
    )
    assert row is not None
    return row
