"""Lines: one call at a time to a number, and one delivery of an alert version that calls a household."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Connection, Pool

MOST: Final = 1_000
"""Calls that go on at once, where nothing else is said."""

BUSY: Final = timedelta(seconds=20)
HOUSEHOLD_WAITS: Final = timedelta(minutes=1)
_PAGE: Final = 5_000
_ASKED_AGAIN: Final = timedelta(seconds=30)

# The household's call about an alert version: whose it is, whether it has reached the household, or failed for good.
HOUSEHOLD_CALL: Final = """
    SELECT h.delivery_id, w.due_at, d.work = 'none' AND state_rank(d.state) = 4 AS failed,
           d.state IN ('voicemail', 'delivered', 'acknowledged')
               OR (d.state IN ('unknown', 'sent') AND d.work = 'none' AND calling IS NULL) AS called
    FROM  (SELECT delivery_id FROM household_call
           WHERE  alert_id = {} AND alert_version = {} AND household_id = m.household_id OFFSET 0) h
    CROSS  JOIN LATERAL (SELECT state, work, contact_point_id FROM delivery WHERE id = h.delivery_id OFFSET 0) d
    CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = d.contact_point_id OFFSET 0) p
    LEFT   JOIN LATERAL (SELECT true AS calling FROM line
                         WHERE  address = p.address AND delivery_id = h.delivery_id OFFSET 0) l ON true
    LEFT   JOIN LATERAL (SELECT due_at FROM due WHERE delivery_id = h.delivery_id OFFSET 0) w ON true
"""

# Households before lines, and each sorted: two who seize do so in one order. A line is not even its own delivery's
# before it is free: an attempt whose outcome nobody knows may be ringing there.
SEIZE: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT u.*, m.household_id, h.due_at, h.delivery_id IS NOT DISTINCT FROM u.id AS calls, h.called IS TRUE AS called
    FROM   unnest($3::uuid[], $4::int[], $5::uuid[], $6::text[]) u(id, fence, member_id, address)
    CROSS  JOIN LATERAL (SELECT household_id FROM member WHERE id = u.member_id OFFSET 0) m
    LEFT   JOIN LATERAL ({HOUSEHOLD_CALL.format("$1", "$2")}) h ON true
), caller AS (                         -- a household stays its caller's, unless that one failed for good
    INSERT INTO household_call AS h (alert_id, alert_version, household_id, delivery_id)
    SELECT DISTINCT ON (household_id) $1, $2, household_id, id FROM wanted ORDER BY household_id, calls DESC, id
    ON CONFLICT (alert_id, alert_version, household_id) DO UPDATE SET delivery_id = excluded.delivery_id, called_at = now()
    WHERE  h.delivery_id = excluded.delivery_id
       OR  NOT EXISTS (SELECT FROM delivery d
                       WHERE  d.id = h.delivery_id AND (d.work <> 'none' OR state_rank(d.state) <> 4) OFFSET 0)
    RETURNING delivery_id
), picked AS MATERIALIZED (            -- what is routine leaves room for what is urgent
    SELECT DISTINCT ON (address) address, id, fence FROM wanted JOIN caller ON caller.delivery_id = wanted.id
    ORDER  BY address, id
    LIMIT (SELECT greatest(0, CASE lane WHEN 'urgent' THEN $10::int ELSE $10 * 3 / 4 END
                              - (SELECT count(*) FROM line WHERE delivery_id <> ALL($3)))
           FROM   alert WHERE id = $1)
), seized AS (
    INSERT INTO line AS l (address, delivery_id, fence, until)
    SELECT address, id, fence, now() + $7::interval FROM picked ORDER BY address
    ON CONFLICT (address) DO UPDATE
    SET    delivery_id = excluded.delivery_id, fence = excluded.fence, until = excluded.until
    WHERE  l.delivery_id = excluded.delivery_id AND l.fence = excluded.fence
    RETURNING delivery_id
)
SELECT wanted.id,
       CASE WHEN seized.delivery_id IS NOT NULL THEN 'seized' WHEN called AND caller.delivery_id IS NULL THEN 'called'
            WHEN caller.delivery_id IS NOT NULL AND address <> ALL(ARRAY(SELECT address FROM picked)) THEN 'full'
            ELSE 'occupied' END AS of,
       CASE WHEN caller.delivery_id IS NOT NULL THEN $8::interval
            ELSE greatest($9::interval, due_at - now() + $8::interval) END AS again_in
FROM   wanted
LEFT   JOIN caller ON caller.delivery_id = wanted.id
LEFT   JOIN seized ON seized.delivery_id = wanted.id
"""

FREE: Final = """
WITH ended AS MATERIALIZED (
    SELECT e.*, p.address
    FROM   unnest($1::uuid[], $2::int[], $3::boolean[]) e(delivery_id, fence, also_earlier)
    CROSS  JOIN LATERAL (SELECT contact_point_id FROM delivery WHERE id = e.delivery_id OFFSET 0) d
    CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = d.contact_point_id OFFSET 0) p
), held AS MATERIALIZED (              -- in the order of those who seize
    SELECT address FROM line WHERE address = ANY(ARRAY(SELECT address FROM ended)) ORDER BY address FOR UPDATE
)
DELETE FROM line l USING held, ended e
WHERE  l.address = held.address AND l.address = e.address AND l.delivery_id = e.delivery_id
  AND  (l.fence = e.fence OR e.also_earlier AND l.fence < e.fence)
"""

# Never waits: others lock lines in the order of their numbers.
TAKE_SILENT: Final = """
UPDATE line l SET until = now() + $1
FROM  (SELECT address FROM line WHERE until <= now() ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED) silent
WHERE  l.address = silent.address
RETURNING l.address, l.delivery_id, l.fence
"""


class Seized(StrEnum):
    """Whether a call may be made."""

    SEIZED = "seized"
    """The line is this one's, until the end of its call is known."""
    OCCUPIED = "occupied"
    """Another call goes to this number or this household, or is tried again: later, perhaps."""
    FULL = "full"
    """As many calls go on as may: later."""
    CALLED = "called"
    """The household was called about this alert: never."""


@dataclass(frozen=True, slots=True)
class Line:
    """What came of seizing one."""

    of: Seized
    again_in: timedelta
    """When it is worth trying again, where it is not seized now."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that is over: nothing rings any more."""

    delivery_id: UUID
    fence: int
    also_earlier: bool = False
    """Whether this is known of those before it, too."""


async def seize(
    pool: Pool, alert_id: UUID, claimed: Sequence[ClaimedDelivery], *, lasts: timedelta, most: int = MOST
) -> Mapping[UUID, Line]:
    """Take the lines of claimed deliveries of one alert version, just before they are called.

    Asked again under the same fence it answers the same.

    Args:
        pool: Connections.
        alert_id: Whose deliveries.
        claimed: At least one, of one version.
        lasts: How long most calls take, from now to their end: after it the line's call is asked after.
        most: Lines held at once, of all workers together, give or take what several of them take at the same moment.

    Raises:
        UNAVAILABLE: Perhaps some lines were taken; what is then not called frees its own by a receipt.
    """
    rows = await pool.fetch(
        SEIZE,
        alert_id,
        claimed[0].alert_version,
        [each.id for each in claimed],
        [each.fence for each in claimed],
        [each.member_id for each in claimed],
        [each.address for each in claimed],
        lasts,
        BUSY,
        HOUSEHOLD_WAITS,
        most,
    )
    return {row["id"]: Line(Seized(row["of"]), row["again_in"]) for row in rows}


@dataclass(frozen=True, slots=True)
class SilentLine:
    """A line whose call should have ended, which nobody told."""

    address: str
    delivery_id: UUID
    fence: int


async def take_silent(pool: Pool, *, limit: int) -> list[SilentLine]:
    """Take lines whose calls are to be asked after; each comes again half a minute later, unless it is free by then."""
    return [SilentLine(**row) for row in await pool.fetch(TAKE_SILENT, _ASKED_AGAIN, limit)]


async def let_go(pool: Pool, silent: SilentLine) -> None:
    """Free a line whose call was found to be over."""
    await pool.execute(
        "DELETE FROM line WHERE address = $1 AND delivery_id = $2 AND fence = $3",
        silent.address,
        silent.delivery_id,
        silent.fence,
    )


async def free(conn: Connection, ended: Sequence[Ended]) -> None:
    """Free the lines of attempts that are over; once in a transaction, after everything else it locks."""
    if not ended:
        return
    await conn.execute(
        FREE,
        [each.delivery_id for each in ended],
        [each.fence for each in ended],
        [each.also_earlier for each in ended],
    )


_OVER: Final = frozenset(
    {
        ReceiptKind.REFUSED,
        ReceiptKind.FAILED,
        ReceiptKind.DELIVERED,
        ReceiptKind.VOICEMAIL,
        ReceiptKind.RELEASED,
    }
)


def ended_by(receipts: Sequence[Receipt]) -> list[Ended]:
    """The calls that these facts end.

    A key is pressed while one goes on; an accept begins one; of what is unknown one may go on.
    """
    return [
        Ended(each.delivery_id, each.fence, each.reason is Reason.NOT_FOUND)
        for each in receipts
        if each.channel is Channel.VOICE and (each.kind in _OVER or _given_back(each))
    ]


def _given_back(receipt: Receipt) -> bool:
    """Whether a provider did not take it, as opposed to a claim that found it waiting."""
    return receipt.kind is ReceiptKind.DEFERRED and receipt.provider is not None


async def forget_old(pool: Pool, *, days: int) -> bool:
    """Delete lines that nobody asked after for two days, and a page of the households of so many days ago; more?"""
    # no provider queues for longer
    await pool.execute("DELETE FROM line WHERE until < now() - interval '2 days'")
    status = await pool.execute(
        """DELETE FROM household_call WHERE (alert_id, alert_version, household_id) IN (
               SELECT alert_id, alert_version, household_id FROM household_call
               WHERE  called_at < now() - make_interval(days => $1) ORDER BY called_at LIMIT $2)""",
        days,
        _PAGE,
    )
    return bool(status == f"DELETE {_PAGE}")
