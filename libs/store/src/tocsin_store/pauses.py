"""Routes on hold. A hold spends no attempt, keeps what waits for it in `due`, and is ended by a probe.

A row of `pause` is a hold in force; `until` is when it is probed next. Providers are probed by workers, which can
reach them without a message; everything else by the dispatcher, which lets one delivery that waits for it through.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Reason
from tocsin_store.pool import Connection, Pool, Row

WHOLE_CHANNEL: Final = "*"
_PROVIDER: Final = "provider:"
_SENDER: Final = "sender:"
_ALERT: Final = "alert:"
_PAGE: Final = 5_000

_CALLING_CODE: Final = re.compile(
    r"\+(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})"
)

ROUTES: Final = "'*', 'sender:' || a.agency_id, 'alert:' || a.id, route_of(d.channel, p.address)"
"""Every route a delivery d to contact point p of alert a depends on, in SQL."""


@dataclass(frozen=True, slots=True)
class Held:
    """A hold in force."""

    channel: Channel
    route: str
    reason: Reason
    since: datetime
    until: datetime
    age: timedelta
    """How long it has lasted, by the database's clock."""
    left: timedelta
    """How long until it is probed, by the database's clock."""


def provider_route(name: str) -> str:
    """The route of a provider: workers hand it nothing while it is on hold."""
    return f"{_PROVIDER}{name}"


def sender_route(agency_id: UUID) -> str:
    """The route of an agency's sender identity."""
    return f"{_SENDER}{agency_id}"


def route_of(channel: Channel, address: str) -> str:
    """Name the destination route of an address, as the function of this name does in SQL.

    Of email its domain; of a text or a call its country calling code (ITU-T E.164), such as "+44".
    """
    match channel:
        case Channel.EMAIL:
            return address.rpartition("@")[2].lower()  # a quoted local part may hold another
        case Channel.SMS | Channel.VOICE:
            found = _CALLING_CODE.match(address)
            return found.group() if found else ""


def alert_route(alert_id: UUID) -> str:
    """The route of an alert that was stopped: its content is at fault, or our rendering of it."""
    return f"{_ALERT}{alert_id}"


HOLD: Final = """
INSERT INTO pause (channel, route, reason, until) VALUES ($1, $2, $3, now() + $4::interval)
ON CONFLICT (channel, route) DO UPDATE
SET until = greatest(pause.until, excluded.until), passes = 1,
    reason = CASE WHEN pause.reason = 'operator' THEN pause.reason ELSE excluded.reason END -- theirs until it has ended
RETURNING until
"""

IN_FORCE: Final = """
SELECT channel, route, reason, since, until, now() - since AS age, until - now() AS left FROM pause
WHERE  $1::text IS NULL OR channel = $1 ORDER BY channel, route
"""

RELEASE: Final = """
WITH held AS MATERIALIZED (
    SELECT delivery_id FROM due WHERE channel = $1 AND route = $2 ORDER BY produce_after LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE due SET due_at = least(due_at, now()), produce_after = least(produce_after, now()), route = NULL, probe = false
WHERE  delivery_id = ANY(ARRAY(SELECT delivery_id FROM held))
"""

# What was parked while its hold ended (each did not see the other). Walks from route to route: few, most often none.
STRANDED: Final = """
WITH RECURSIVE waits AS (
    (SELECT channel, route FROM due WHERE route IS NOT NULL AND (channel, route) > ('', '')
     ORDER  BY channel, route LIMIT 1)
    UNION ALL
    SELECT next.channel, next.route
    FROM   waits CROSS JOIN LATERAL (SELECT channel, route FROM due
                                     WHERE  route IS NOT NULL AND (channel, route) > (waits.channel, waits.route)
                                     ORDER  BY channel, route LIMIT 1) next
)
SELECT channel, route FROM waits w
WHERE  route <> 'quiet_hours' AND NOT EXISTS (SELECT FROM pause p WHERE p.channel = w.channel AND p.route = w.route)
"""

# Some deliveries go through, urgent ones first; the hold lasts on: twice as long each time, up to ten minutes. While
# urgent ones wait it is never longer than the first time: what kept the last probe may have had nothing to do with it.
PROBE: Final = """
WITH over AS MATERIALIZED (
    SELECT channel, route, passes FROM pause
    WHERE  until <= now() AND route <> '*' AND NOT starts_with(route, 'provider:')
    ORDER  BY until LIMIT 100 FOR UPDATE SKIP LOCKED
), chosen AS MATERIALIZED (
    SELECT over.channel, over.route, d.delivery_id, d.lane
    FROM   over LEFT JOIN LATERAL (SELECT delivery_id, lane FROM due WHERE channel = over.channel AND route = over.route
                                   ORDER BY lane, produce_after LIMIT over.passes FOR UPDATE SKIP LOCKED) d ON true
), tried AS (
    UPDATE due SET probe = true, due_at = now(), produce_after = now()
    WHERE  delivery_id = ANY(ARRAY(SELECT delivery_id FROM chosen))
), longer AS (
    UPDATE pause p
    SET    probes = p.probes + 1,
           until = now() + CASE WHEN first.lane = 'urgent' THEN interval '30 seconds'
                                ELSE least(interval '10 minutes', interval '30 seconds' * 2 ^ least(p.probes, 9)) END
    FROM  (SELECT DISTINCT ON (channel, route) * FROM chosen ORDER BY channel, route, lane) first
    WHERE  p.channel = first.channel AND p.route = first.route AND first.delivery_id IS NOT NULL
), idle AS (                        -- nobody waits for it: the next message tells
    DELETE FROM pause p USING chosen
    WHERE  p.channel = chosen.channel AND p.route = chosen.route AND chosen.delivery_id IS NULL
      AND  NOT EXISTS (SELECT FROM due WHERE due.channel = p.channel AND due.route = p.route) -- others hold it just now
    RETURNING p.channel, p.route
)
SELECT channel, route, true AS tried FROM chosen WHERE delivery_id IS NOT NULL
UNION
SELECT channel, route, false FROM idle
"""

# Each success lets twice as many through; past this many the hold is over.
WIDEN: Final = """
UPDATE pause SET passes = passes * 2, probes = 0, until = now() WHERE channel = $1 AND route = $2 RETURNING passes > 256
"""


async def hold(
    database: Pool | Connection, *, channel: Channel, route: str, reason: Reason, lasts: timedelta
) -> datetime:
    """Put a route on hold, or keep it there longer. Returns when it is probed next."""
    until: datetime = await database.fetchval(HOLD, channel.value, route, reason.value, lasts)
    return until


async def in_force(pool: Pool, *, channel: Channel | None = None) -> list[Held]:
    """Every hold, or a channel's."""
    return [_held(row) for row in await pool.fetch(IN_FORCE, channel)]


async def is_held(pool: Pool, *, channel: Channel) -> bool:
    """Whether the whole channel is on hold."""
    return bool(
        await pool.fetchval(
            "SELECT EXISTS (SELECT FROM pause WHERE channel = $1 AND route = $2)",
            channel.value,
            WHOLE_CHANNEL,
        )
    )


async def resume(pool: Pool, *, channel: Channel, route: str) -> int:
    """End a hold; what waited for it is due now. Returns how many deliveries that were."""
    await pool.execute("DELETE FROM pause WHERE channel = $1 AND route = $2", channel.value, route)
    return await _release(pool, channel=channel, route=route)


async def release_stranded(pool: Pool) -> int:
    """Make what waits for a hold that has ended due now. Returns how many deliveries that were."""
    released = 0
    for row in await pool.fetch(STRANDED):
        released += await _release(pool, channel=Channel(row["channel"]), route=row["route"])
    return released


async def _release(pool: Pool, *, channel: Channel, route: str) -> int:
    released = 0
    while page := int((await pool.execute(RELEASE, channel.value, route, _PAGE)).rpartition(" ")[2]):
        released += page
    return released


async def went_through(pool: Pool, *, channel: Channel, route: str) -> bool:
    """Let twice as many through the next time, or all. Returns whether the hold is over."""
    over = bool(await pool.fetchval(WIDEN, channel.value, route))
    if over:
        await resume(pool, channel=channel, route=route)
    return over


async def probe(pool: Pool) -> Mapping[tuple[Channel, str], bool]:
    """Let one delivery of each hold whose time has come go through; a hold nobody waits for ends.

    Returns:
        By channel and route: whether one goes (True), or the hold ended.
    """
    return {(Channel(row["channel"]), row["route"]): row["tried"] for row in await pool.fetch(PROBE)}


async def lapse_providers(pool: Pool, *, after: timedelta) -> None:
    """End holds on providers that no worker keeps any more."""
    await pool.execute(
        "DELETE FROM pause WHERE (starts_with(route, 'provider:') OR route = '*') AND until < now() - $1::interval",
        after,
    )


def _held(row: Row) -> Held:
    return Held(**{**row, "channel": Channel(row["channel"]), "reason": Reason(row["reason"])})
