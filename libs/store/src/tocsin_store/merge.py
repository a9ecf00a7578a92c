"""The merge: receipts into the ledger. Timeline, row, due table and tally move in one transaction."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from asyncpg import UniqueViolationError

from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Reason, ReceiptKind
from tocsin_store import gate, lines, provider_messages
from tocsin_store.merged_offsets import Advance, Log, advance
from tocsin_store.opt_outs import Refusal, withdraw_refused
from tocsin_store.pauses import ROUTES
from tocsin_store.pool import Connection, Pool
from tocsin_store.suppressions import suppress_struck
from tocsin_store.tallies import tally_billed
from tocsin_store.telling import tallied

# Asked by those that were deferred alone: a join would ask for all.
_HOLD: Final = f"""
    SELECT h FROM (SELECT alert_id, channel, contact_point_id FROM delivery WHERE id = told.delivery_id OFFSET 0) d
    CROSS  JOIN LATERAL (SELECT id, agency_id FROM alert WHERE id = d.alert_id OFFSET 0) a
    CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = d.contact_point_id OFFSET 0) p
    JOIN   pause h ON h.channel = d.channel AND h.route IN ({ROUTES})
    ORDER  BY h.until DESC LIMIT 1
"""

_FACTS: Final = """
    SELECT r.*, $2 + nr AS ordinal
    FROM   unnest($1::fact[]) WITH ORDINALITY
           AS r(id, delivery_id, fence, kind, state, reason, provider, provider_status, due_at, occurred_at, recorded_at,
                attempt, provider_ref, segments, cost, nr)
"""

_TIMELINE: Final = """
    INSERT INTO receipt (delivery_id, id, alert_id, due_at, occurred_at, recorded_at, xid, ordinal, alert_version,
                         fence, channel, kind, state, reason, provider, provider_status, attempt, provider_ref, segments,
                         cost)
    SELECT delivery_id, id, alert_id, due_at, occurred_at, recorded_at, pg_current_xact_id()::text::bigint, ordinal,
           alert_version, fence, channel, kind, state, reason, provider, provider_status, attempt, provider_ref, segments,
           cost
    FROM   {}
"""

_MERGE: Final = f"""
WITH told AS ({{told}}
), held AS (
    SELECT *, CASE WHEN kind = 'deferred' AND reason IS DISTINCT FROM 'quiet_hours' THEN ({_HOLD}) END AS hold
    FROM   told
    ORDER  BY delivery_id
), fact AS (
    SELECT *, fact_rank(kind) AS rank, kind IN ('suppressed', 'expired', 'cancelled', 'deferred') AS is_verdict,
           CASE WHEN kind = 'deferred' AND reason = 'quiet_hours' THEN 'quiet_hours' ELSE (hold).route END AS route,
           CASE WHEN kind = 'released' THEN coalesce(due_at, now())
                WHEN kind = 'deferred' AND reason IS DISTINCT FROM 'quiet_hours'
                THEN coalesce((hold).until, now())  -- the hold as it is now, not as it was
                ELSE due_at END AS again_at
    FROM   held
), moved AS (                          -- every test reads d, the row as it is once locked
    UPDATE delivery d
    SET state      = CASE WHEN state_rank(f.state) > state_rank(d.state) THEN f.state ELSE d.state END,
        reason     = CASE WHEN state_rank(f.state) > state_rank(d.state) OR f.state = d.state THEN f.reason
                          ELSE d.reason END,
        attempts   = CASE WHEN f.attempt IS NOT NULL THEN greatest(d.attempts, f.attempt)
                          ELSE d.attempts + (d.work = 'claimed' AND d.fence = f.fence
                                             AND f.kind NOT IN ('deferred', 'released', 'suppressed', 'complained')
                                             AND f.reason IS DISTINCT FROM 'not_found')::int END,
        ambiguous  = CASE WHEN f.reason = 'not_found' THEN greatest(d.ambiguous - 1, 0) -- looked up: the doubt is over
                          ELSE d.ambiguous + (f.kind = 'unknown' AND coalesce(f.attempt > d.attempts, true))::int END,
        work       = CASE WHEN d.work = 'waiting' AND state_rank(f.state) >= 5 THEN 'none'::delivery_work -- it arrived
                          WHEN NOT sets_work(d.work, d.fence, d.fact_rank, f.fence, f.rank, f.is_verdict) THEN d.work
                          WHEN f.again_at IS NULL OR state_rank(d.state) >= 4 THEN 'none'::delivery_work
                          ELSE 'waiting'::delivery_work END,
        fact_rank  = CASE WHEN NOT f.is_verdict
                           AND sets_work(d.work, d.fence, d.fact_rank, f.fence, f.rank, f.is_verdict) THEN f.rank
                          ELSE d.fact_rank END,
        updated_at = now()
    FROM fact f
    WHERE d.id = f.delivery_id
    RETURNING d.alert_id, d.alert_version, d.member_id, d.wave, d.channel, d.contact_point_id,
              old.state AS o, new.state AS n, new.work AS work,
              old.work = 'waiting' AND new.work = 'none' AS ends, new.ambiguous > 0 AS doubtful,
              sets_work(old.work, old.fence, old.fact_rank, f.fence, f.rank, f.is_verdict) AS sets,
              f.delivery_id, f.id, f.due_at, f.occurred_at, f.recorded_at, f.ordinal, f.fence, f.kind, f.state, f.reason,
              f.provider, f.provider_status, f.attempt, f.provider_ref, f.segments, f.cost, f.again_at, f.route
), their AS MATERIALIZED (              -- a look at each alert, not one for each receipt
    SELECT id AS alert_id, agency_id, lane, frozen_at, expires_at, last_wave FROM alert
    WHERE  id = ANY(ARRAY(SELECT DISTINCT alert_id FROM moved))
), moving AS (                         -- who fails for good need not wait for the next step of a plan
    INSERT INTO moving_on (alert_id, version, wave, member_id)
    SELECT DISTINCT alert_id, alert_version, wave, member_id FROM moved JOIN their USING (alert_id)
    WHERE  wave < last_wave AND n IN ('failed', 'suppressed') AND o <> n AND reason IS DISTINCT FROM 'household_called'
    ORDER  BY 1, 2, 3, 4
    ON CONFLICT (alert_id, version, wave, member_id) DO UPDATE SET member_id = excluded.member_id -- taken once we commit
), waits AS (
    INSERT INTO due (delivery_id, alert_id, kind, channel, lane, route, due_at, produce_after)
    SELECT delivery_id, alert_id,
           (CASE WHEN kind = 'unknown' OR n = 'unknown' AND kind <> 'refused'
                   OR doubtful AND kind IN ('released', 'deferred') THEN 'resolve' ELSE 'send' END)::due_kind,
           channel, lane, route, least(again_at, expires_at), least(again_at, expires_at)
    FROM moved JOIN their USING (alert_id) WHERE sets AND work = 'waiting'
    ON CONFLICT (delivery_id) DO UPDATE
    SET kind = excluded.kind, route = excluded.route, due_at = excluded.due_at, produce_after = excluded.produce_after,
        probe = false
), done AS (
    DELETE FROM due
    WHERE  delivery_id = ANY(ARRAY(SELECT delivery_id FROM moved WHERE (sets OR ends) AND work = 'none'))
), struck AS (
    INSERT INTO strike (channel, address, reason, delivery_id, alert_id, agency_id, provider_status, at)
    SELECT m.channel, lower(p.address), m.reason, delivery_id, alert_id, agency_id, provider_status, occurred_at
    FROM   moved m
    JOIN   their USING (alert_id)
    JOIN   strike_rule rule ON rule.channel = m.channel AND rule.reason = m.reason
    CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = m.contact_point_id OFFSET 0) p
    WHERE  m.kind IN ('failed', 'refused', 'complained')
    ON CONFLICT DO NOTHING
    RETURNING channel, address
), {tallied("moved JOIN their USING (alert_id)", "occurred_at")}{{timeline}}
SELECT (SELECT count(*) FROM moved) AS fresh,
       (SELECT count(*) FROM moved WHERE kind = 'failed' AND state_rank(o) >= 5) AS conflicts,
       CASE WHEN (SELECT count(*) FROM moved) < cardinality($1)
            THEN ARRAY(SELECT id FROM unnest($1::fact[]) r WHERE (SELECT id FROM delivery WHERE id = r.delivery_id) IS NULL)
            END AS unmatched,
       ARRAY(SELECT id FROM moved WHERE segments IS NOT NULL) AS billed,
       ARRAY(SELECT channel FROM struck ORDER BY channel, address) AS struck_channels,
       ARRAY(SELECT address FROM struck ORDER BY channel, address) AS struck
"""

_THEIRS: Final = f"""({_FACTS}) f
    CROSS  JOIN LATERAL (SELECT alert_id, alert_version, channel FROM delivery WHERE id = f.delivery_id OFFSET 0) d
    ON CONFLICT DO NOTHING RETURNING receipt.*"""
MERGE: Final = _MERGE.format(told=_TIMELINE.format(_THEIRS), timeline="")
"""A fact told twice is told once: only what the timeline takes moves its row."""
MERGE_NEW: Final = _MERGE.format(told=_FACTS, timeline=f", timeline AS ({_TIMELINE.format('moved')})")
"""The same of facts that are all new, with one look at each row; fails where one was told before."""

_FACT: Final = itemgetter(
    "id",
    "delivery_id",
    "fence",
    "kind",
    "state",
    "reason",
    "provider",
    "provider_status",
    "due_at",
    "occurred_at",
    "recorded_at",
    "attempt",
    "provider_ref",
    "segments",
    "cost",
)
_TOLD_BY_CLOSING: Final = frozenset({ReceiptKind.CANCELLED, ReceiptKind.EXPIRED})
_TOLD_BY_US: Final = _TOLD_BY_CLOSING | {ReceiptKind.SUPPRESSED, ReceiptKind.UNKNOWN}
"""What statements beside the merge write into the timeline themselves, before it comes by the log."""

OF_WHOM: Final = """
SELECT d.id, d.contact_point_id, a.agency_id
FROM   unnest($1::uuid[]) u(id)
CROSS  JOIN LATERAL (SELECT id, alert_id, contact_point_id FROM delivery WHERE id = u.id OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id FROM alert WHERE id = d.alert_id OFFSET 0) a
"""
LOCK: Final = "SELECT id FROM delivery WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Merged:
    """How many receipts were new, and how many of these say that a delivery failed which had arrived: it stays so."""

    fresh: int
    conflicts: int


async def merge(pool: Pool, log: Log, *, receipts: Sequence[Receipt], advances: Sequence[Advance]) -> Merged:
    """Merge receipts and move the partitions on, all or nothing; committed durably.

    Args:
        pool: Connections.
        log: Whose offsets advance.
        receipts: In the order of the log; several of one delivery are applied in that order.
        advances: Each partition once.

    Raises:
        OffsetMovedError: Another merger owns a partition.
        UNAVAILABLE: Nothing is known; read the offsets anew.
    """
    if not any(receipt.kind in _TOLD_BY_US for receipt in receipts):
        with suppress(UniqueViolationError):
            return await _merge_by(MERGE_NEW, pool, log, receipts=receipts, advances=advances)
    return await _merge_by(MERGE, pool, log, receipts=receipts, advances=advances)


async def _merge_by(
    statement: str, pool: Pool, log: Log, *, receipts: Sequence[Receipt], advances: Sequence[Advance]
) -> Merged:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(gate.MERGE)
        await _lock_if_closing(connection, receipts)
        await advance(connection, log, advances=advances)
        rounds, ordinal = [], 0
        for round_ in _rounds(receipts):
            rounds.append(await _merge_round(connection, statement, receipts=round_, ordinal=ordinal))
            ordinal += len(round_)
        await lines.free(connection, lines.ended_by(receipts))
        return Merged(sum(each.fresh for each in rounds), sum(each.conflicts for each in rounds))


async def _lock_if_closing(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Lock the rows before their timeline where closing may be telling the same: it goes from the row to the timeline."""
    if any(receipt.kind in _TOLD_BY_CLOSING for receipt in receipts):
        await connection.execute(LOCK, sorted({receipt.delivery_id for receipt in receipts}))


def _rounds(receipts: Iterable[Receipt]) -> list[list[Receipt]]:
    """Split so that each delivery stands once in a round, its receipts in order; each round sorted by delivery."""
    rounds: list[dict[int, Receipt]] = []
    seen: dict[int, int] = {}
    for receipt in receipts:
        delivery = receipt.delivery_id.int  # several times as quick to compare and to hash as the UUID
        number = seen.get(delivery, 0)
        seen[delivery] = number + 1
        if number == len(rounds):
            rounds.append({})
        rounds[number][delivery] = receipt
    return [[facts[delivery] for delivery in sorted(facts)] for facts in rounds]


async def _merge_round(
    connection: Connection, statement: str, *, receipts: Sequence[Receipt], ordinal: int
) -> Merged:
    row = await connection.fetchrow(statement, [_FACT(vars(receipt)) for receipt in receipts], ordinal)
    if row is None:
        raise RuntimeError("the merge answers with one row")
    if unmatched := set(row["unmatched"] or ()):
        await _keep_unmatched(connection, receipts=[r for r in receipts if r.id in unmatched])
    if row["struck"]:
        await suppress_struck(connection, list(zip(row["struck_channels"], row["struck"], strict=True)))
    if billed := set(row["billed"]):
        await tally_billed(connection, [r for r in receipts if r.id in billed])
    await provider_messages.note(connection, [r for r in receipts if r.provider_ref])
    await _withdraw(
        connection, [r for r in receipts if r.kind is ReceiptKind.FAILED and r.reason is Reason.OPTED_OUT]
    )
    return Merged(row["fresh"], row["conflicts"])


async def _withdraw(connection: Connection, refused: Sequence[Receipt]) -> None:
    """Who told a provider to stop has told us."""
    if not refused:
        return
    rows = await connection.fetch(OF_WHOM, [receipt.delivery_id for receipt in refused])
    points = {row["id"]: (row["contact_point_id"], row["agency_id"]) for row in rows}
    await withdraw_refused(
        connection,
        [
            Refusal(*points[r.delivery_id], r.provider or "", r.provider_status or "", r.occurred_at)
            for r in refused
            if r.delivery_id in points
        ],
    )


async def _keep_unmatched(connection: Connection, *, receipts: Sequence[Receipt]) -> None:
    await connection.executemany(
        """INSERT INTO receipt_unmatched (id, delivery_id, receipt) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING""",
        [(r.id, r.delivery_id, r.model_dump(mode="json")) for r in receipts],
    )
