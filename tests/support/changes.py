"""Alerts that change: cancelled, corrected, and the corrections fanned out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support.receipts import merged, told
from tests.support.world import BODY, PURPOSE, SQUARE, Situation, closed
from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Lane, ReceiptKind, Severity, State
from tocsin_store import alerts, new_alerts, reached, settle
from tocsin_store.new_alerts import NewVersion
from tocsin_store.outbox import next_batch
from tocsin_store.pool import Pool
from tocsin_store.settle import AlertVersion


async def members(situation: Situation, places: Sequence[int]) -> list[UUID]:
    """Who they are, by the places of their deliveries."""
    return sorted([(await situation.row(place))["member_id"] for place in places])


async def sent(situation: Situation, count: int) -> None:
    """Hand the first so many over."""
    await situation.claimed(ids=situation.ids[:count], token=99)
    await merged(situation.pool, [told(situation, ReceiptKind.ACCEPTED, number=n) for n in range(count)])


async def cancelled(situation: Situation, *, alert: UUID | None = None) -> None:
    """Cancel the alert; nothing of it is settled yet."""
    async with situation.pool.acquire() as connection, connection.transaction():
        found = await alerts.lock(connection, alert or situation.alert, agency_id=situation.agency)
        assert found is not None
        await alerts.cancel(connection, found)


async def corrected(situation: Situation, *, to_reached: bool = True, lane: Lane = Lane.URGENT) -> int:
    """Put a new version in force; nothing of it is fanned out yet. Returns its number."""
    async with situation.pool.acquire() as connection, connection.transaction():
        before = await alerts.lock(connection, situation.alert, agency_id=situation.agency)
        assert before is not None
        new = NewVersion(
            state="live",
            lane=lane,
            severity=Severity.SEVERE,
            purpose=PURPOSE,
            expires_at=datetime.now(UTC) + timedelta(hours=6),
            body=BODY,
            shapes=(SQUARE,),
            channels=(Channel.EMAIL,),
            reached=to_reached,
        )
        return (await new_alerts.add_version(connection, before, new)).version


async def a_pass(pool: Pool, *, limit: int = 2_000) -> list[int]:
    """Let every correction make one pass, its barrier passed; returns how many deliveries each chunk had."""
    until = await reached.newest_without_barrier(pool)
    if until is not None:
        await reached.set_barrier(pool, {}, until=until)
        await reached.pass_barrier(pool, {})
    made: list[int] = []
    while (chunk := await reached.insert_reached(pool, limit=limit)) is not None:
        made.append(chunk.deliveries)
    return made


async def is_under_way(pool: Pool, alert: UUID) -> bool:
    """Whether a fan-out of an alert is not done."""
    return bool(
        await pool.fetchval("SELECT count(*) FROM fan_out WHERE alert_id = $1 AND done_at IS NULL", alert)
    )


async def members_of(pool: Pool, alert: UUID, *, version: int) -> list[UUID]:
    """Who has a delivery of a version, once for each."""
    rows = await pool.fetch(
        "SELECT member_id FROM delivery WHERE alert_id = $1 AND alert_version = $2 ORDER BY member_id",
        alert,
        version,
    )
    return [row["member_id"] for row in rows]


async def tally_of(pool: Pool, alert: UUID, *, version: int) -> dict[State, int]:
    """What the unfolded tally says of one version."""
    rows = await pool.fetch(
        """SELECT state::text, sum(n)::int AS n FROM tally_delta
           WHERE  alert_id = $1 AND alert_version = $2 AND bucket = -1 GROUP BY 1 HAVING sum(n) <> 0""",
        alert,
        version,
    )
    return {State(row["state"]): row["n"] for row in rows}


async def outboxed(situation: Situation) -> list[Receipt]:
    """The receipts of the alert on their way to Kafka."""
    async with situation.pool.acquire() as connection:
        rows = [row for row in await next_batch(connection, limit=1_000) if row.key == situation.alert]
    return [Receipt.model_validate(receipt) for row in rows for receipt in row.receipts or ()]


async def ended(situation: Situation, *, version: int = 1, limit: int = 2_000) -> bool:
    """Close once what waits of an ended version; whether it is settled then."""
    await closed(situation.pool, situation.alert, version=version, limit=limit)
    return await settle.settle_version(situation.pool, AlertVersion(situation.alert, version))


def numbers(situation: Situation, ids: Sequence[UUID]) -> list[int]:
    """The places of deliveries in the situation."""
    return [list(situation.ids).index(delivery) for delivery in ids]
