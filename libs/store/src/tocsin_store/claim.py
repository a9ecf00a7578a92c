"""The claim: what makes an effect happen once. One statement; every look-up is a primary-key probe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tocsin_schemas.words import Channel, Reason, ReceiptKind
from tocsin_store.gate import ALERT
from tocsin_store.pauses import ROUTES
from tocsin_store.pool import Pool, Row
from tocsin_store.quiet import QUIET
from tocsin_store.suppressions import SUPPRESSED
from tocsin_store.waves import REACHED, STALE

CLAIM_LIMIT: Final = 200
"""Most ids a claim takes: beyond it latency grows faster than throughput."""


class SessionDeadError(Exception):
    """The session was marked dead, or never was: it claims nothing any more."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that is ours to hand over, under this fence, if it begins in time."""

    id: UUID
    fence: int
    alert_version: int
    member_id: UUID
    address: str
    name: str
    language: str
    attempts: int
    ambiguous: int
    """Attempts so far whose outcome nobody knows."""
    resolve: bool
    """Whether an earlier attempt's outcome must be looked up before another is made."""
    probes: str | None = None
    """The route on hold that this one tries: whether it goes through decides whether the others may."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a waiting delivery may not be handed over; it is settled by a receipt, not by the claim."""

    id: UUID
    fence: int
    alert_version: int
    kind: ReceiptKind
    reason: Reason
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claims:
    """What a claim found. Ids in none of the lists are somebody else's, done, or due later."""

    taken: Sequence[ClaimedDelivery]
    again: Sequence[ClaimedDelivery]
    """Claimed under this token before, by a statement whose answer was lost: to be released."""
    verdicts: Sequence[Verdict]
    at: datetime | None = None
    """When, by the ledger's clock, which decides on everything that waits; None where nothing was found."""


_VERDICTS: Final = {
    "alert_closed": (ReceiptKind.CANCELLED, Reason.ALERT_CLOSED),
    "superseded": (ReceiptKind.CANCELLED, Reason.SUPERSEDED),
    "expired": (ReceiptKind.EXPIRED, Reason.EXPIRED),
    "consent_withdrawn": (ReceiptKind.SUPPRESSED, Reason.CONSENT_WITHDRAWN),
    "contact_replaced": (ReceiptKind.SUPPRESSED, Reason.CONTACT_REPLACED),
    "suppressed": (ReceiptKind.SUPPRESSED, Reason.ADDRESS_SUPPRESSED),
    "reached": (ReceiptKind.CANCELLED, Reason.REACHED),
    "quiet": (ReceiptKind.DEFERRED, Reason.QUIET_HOURS),
    "held": (ReceiptKind.DEFERRED, Reason.PROVIDER_UNREACHABLE),
}

CLAIM: Final = f"""
WITH own AS MATERIALIZED (          -- a dead session claims nothing; the lock holds its end back until we commit
    SELECT id FROM session WHERE id = $3 AND state = 'live' FOR KEY SHARE
), {ALERT}, hold AS MATERIALIZED (           -- few, most often none
    SELECT route, until, reason FROM pause WHERE channel = $5
), mark AS MATERIALIZED (           -- whether a silence may be late news only
    SELECT {STALE} AS stale
), picked AS MATERIALIZED (
    SELECT d.id, d.fence, d.alert_version, d.member_id, d.attempts, d.ambiguous, p.address, m.name, m.language,
           coalesce(due.kind = 'resolve', false) AS resolve, coalesce(quiet.until, held.until) AS until, held.reason,
           CASE WHEN due.probe THEN due.route END AS probes,
           CASE WHEN d.work = 'claimed' AND d.session = own.id AND d.claim_token = $4 THEN 'again'
                WHEN d.work <> 'waiting' OR due.due_at > now()                        THEN 'nothing'
                WHEN a.version <> d.alert_version                                     THEN 'superseded'
                WHEN NOT a.open                                                       THEN 'alert_closed'
                WHEN a.expires_at <= now()                                            THEN 'expired'
                WHEN c.granted IS NULL                                                THEN 'consent_withdrawn'
                WHEN p.confirmed_at IS NULL OR p.valid_until <= now()                 THEN 'contact_replaced'
                WHEN {SUPPRESSED}                                                     THEN 'suppressed'
                WHEN d.wave > 0 AND mark.stale                                        THEN 'stale'
                WHEN other.already                                                    THEN 'reached'
                WHEN quiet.until IS NOT NULL                                          THEN 'quiet'
                WHEN held.until IS NOT NULL                                           THEN 'held'
                ELSE 'take' END AS verdict
    FROM own CROSS JOIN a CROSS JOIN mark
    CROSS JOIN unnest($2::uuid[]) AS u(id)
    CROSS JOIN LATERAL (SELECT * FROM delivery      WHERE id = u.id AND alert_id = a.id  OFFSET 0) d
    CROSS JOIN LATERAL (SELECT * FROM contact_point WHERE id = d.contact_point_id        OFFSET 0) p
    CROSS JOIN LATERAL (SELECT * FROM member        WHERE id = d.member_id               OFFSET 0) m
    LEFT  JOIN LATERAL (SELECT * FROM due           WHERE delivery_id = d.id             OFFSET 0) due ON true
    LEFT  JOIN LATERAL (SELECT true AS granted FROM consent
                        WHERE member_id = d.member_id AND agency_id = a.agency_id
                          AND purpose = a.purpose AND channel = d.channel
                          AND valid_from <= now() AND (valid_until IS NULL OR valid_until > now())
                        LIMIT 1 OFFSET 0) c ON true
    LEFT  JOIN LATERAL ({REACHED}) other ON true
    LEFT  JOIN LATERAL ({QUIET}) quiet ON true
    LEFT  JOIN LATERAL (SELECT until, reason FROM hold  -- a probe passes the hold it tries, and no other
                        WHERE  route IN ({ROUTES}) AND NOT (coalesce(due.probe, false) AND route = due.route)
                        ORDER  BY until DESC LIMIT 1) held ON true
), taken AS (
    UPDATE delivery d
    SET    work = 'claimed', session = $3, claim_token = $4, claimed_at = now(), fence = d.fence + 1, fact_rank = 0
    FROM   picked
    WHERE  d.id = picked.id AND picked.verdict = 'take' AND d.work = 'waiting' AND d.fence = picked.fence
    RETURNING d.id, d.fence
), gone AS (
    DELETE FROM due USING taken WHERE due.delivery_id = taken.id
), waits AS (                       -- until the mark moves, which brings back what is due
    INSERT INTO due (delivery_id, alert_id, kind, channel, lane, due_at, produce_after)
    SELECT picked.id, a.id, 'send', $5, a.lane, now(), now() + interval '10 seconds' FROM picked CROSS JOIN a
    WHERE  verdict = 'stale'
    ON CONFLICT DO NOTHING
)
SELECT picked.id, coalesce(taken.fence, picked.fence) AS fence, alert_version, member_id, address, name, language,
       attempts, ambiguous, resolve, probes, until, reason, verdict, now() AS at
FROM   picked LEFT JOIN taken ON taken.id = picked.id
WHERE  taken.id IS NOT NULL OR verdict NOT IN ('take', 'nothing', 'stale')
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'dead', now()
WHERE  NOT EXISTS (SELECT FROM own)
"""


async def claim(
    pool: Pool, *, alert_id: UUID, delivery_ids: Sequence[UUID], session: int, token: int, channel: Channel
) -> Claims:
    """Take deliveries of one alert for a session, or say why not. Settles nothing else.

    Args:
        pool: Connections whose `lock_timeout` bounds the wait for the rows.
        alert_id: Whose deliveries.
        delivery_ids: At most `CLAIM_LIMIT`, in any order.
        session: Who claims; a session marked dead gets nothing.
        token: Names this claim (63 random bits), so that it can be repeated when its answer was lost.
        channel: Whose pauses apply.

    Raises:
        SessionDeadError: Nothing was claimed; repeat it under a new session.
        UNAVAILABLE: Nothing is known; repeat it with the same token.
    """
    once = sorted(
        set(delivery_ids)
    )  # hints come twice: an id that stood here twice would be handed over twice
    rows = await pool.fetch(CLAIM, alert_id, once, session, token, channel.value)
    if rows and rows[-1]["verdict"] == "dead":
        raise SessionDeadError
    return Claims(
        taken=[_taken(row) for row in rows if row["verdict"] == "take"],
        again=[_taken(row) for row in rows if row["verdict"] == "again"],
        verdicts=[_verdict(row) for row in rows if row["verdict"] in _VERDICTS],
        at=rows[0]["at"] if rows else None,
    )


def _taken(row: Row) -> ClaimedDelivery:
    return ClaimedDelivery(
        row["id"],
        row["fence"],
        row["alert_version"],
        row["member_id"],
        row["address"],
        row["name"],
        row["language"],
        row["attempts"],
        row["ambiguous"],
        row["resolve"],
        row["probes"],
    )


def _verdict(row: Row) -> Verdict:
    kind, reason = _VERDICTS[row["verdict"]]
    due_at = row["until"] if kind is ReceiptKind.DEFERRED else None
    why = Reason(row["reason"]) if row["verdict"] == "held" else reason
    return Verdict(row["id"], row["fence"], row["alert_version"], kind, why, due_at)
