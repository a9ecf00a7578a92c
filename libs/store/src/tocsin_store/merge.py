"""The merge: receipts into the ledger. Timeline, row, due table and tally move in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tocsin_schemas.messages import Receipt
from tocsin_schemas.words import Reason, ReceiptKind
from tocsin_store import gate, lines, provider_messages
from tocsin_store.opt_outs import Refusal, withdraw_refused
from tocsin_store.pauses import ROUTES
from tocsin_store.pool import Connection, Pool
from tocsin_store.suppressions import suppress_struck
from tocsin_store.tallies import tally_billed
from tocsin_store.telling import tallied

MERGE: Final = f"""
WITH r AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::delivery_state[], $6::text[], $7::text[],
                         $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::smallint[],
                         $14::text[], $15::smallint[], $16::int[])
        WITH ORDINALITY
        AS r(id, delivery_id, fence, kind, state, reason, provider, provider_status, due_at, occurred_at, recorded_at,
             attempt, provider_ref, segments, cost, ordinal)
), known AS MATERIALIZED (
    SELECT r.*, d.alert_id, d.alert_version, d.channel, d.contact_point_id, a.agency_id, a.lane, a.frozen_at, a.expires_at,
           a.last_wave,
           CASE WHEN r.kind = 'deferred' AND r.reason = 'quiet_hours' THEN 'quiet_hours' ELSE h.route END AS route,
           CASE WHEN r.kind = 'released' THEN coalesce(r.due_at, now())
                WHEN r.kind = 'deferred' AND r.reason IS DISTINCT FROM 'quiet_hours'
                THEN coalesce(h.until, now())  -- the hold as it is now, not as it was
                ELSE r.due_at END AS again_at
    FROM r
    CROSS JOIN LATERAL (SELECT alert_id, alert_version, channel, contact_point_id FROM delivery
                        WHERE id = r.delivery_id OFFSET 0) d
    CROSS JOIN LATERAL (SELECT id, agency_id, lane, frozen_at, expires_at, last_wave FROM alert
                        WHERE id = d.alert_id OFFSET 0) a
    LEFT  JOIN LATERAL (SELECT h.route, h.until
                        FROM  (SELECT channel, address FROM contact_point WHERE id = d.contact_point_id OFFSET 0) p
                        JOIN   pause h ON h.channel = p.channel AND h.route IN ({ROUTES})
                        WHERE  r.kind = 'deferred' AND r.reason IS DISTINCT FROM 'quiet_hours'
                        ORDER  BY h.until DESC LIMIT 1) h ON true
), fresh AS (                          -- a fact told twice is told once
    INSERT INTO receipt (delivery_id, id, alert_id, due_at, occurred_at, recorded_at, xid, ordinal, alert_version,
                         fence, channel, kind, state, reason, provider, provider_status, attempt, provider_ref, segments,
                         cost)
    SELECT delivery_id, id, alert_id, due_at, occurred_at, recorded_at, pg_current_xact_id()::text::bigint, $13 + ordinal,
           alert_version, fence, channel, kind, state, reason, provider, provider_status, attempt, provider_ref, segments,
           cost
    FROM known
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, id
), fact AS MATERIALIZED (
    SELECT known.*, fact_rank(kind) AS rank, kind IN ('suppressed', 'expired', 'cancelled', 'deferred') AS is_verdict
    FROM known WHERE id IN (SELECT id FROM fresh)
    ORDER BY delivery_id
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
    RETURNING d.id, d.alert_id, d.alert_version, d.member_id, d.wave, d.channel,
              old.state AS o, new.state AS n, new.work AS work,
              old.work = 'waiting' AND new.work = 'none' AS ends, new.ambiguous > 0 AS doubtful,
              sets_work(old.work, old.fence, old.fact_rank, f.fence, f.rank, f.is_verdict) AS sets,
              f.reason AS fact_reason, f.kind, f.again_at, f.route, f.lane, f.frozen_at, f.expires_at, f.occurred_at,
              f.last_wave
), moving AS (                         -- who fails for good need not wait for the next step of a plan
    INSERT INTO moving_on (alert_id, version, wave, member_id)
    SELECT DISTINCT alert_id, alert_version, wave, member_id FROM moved
    WHERE  wave < last_wave AND n IN ('failed', 'suppressed') AND o <> n AND fact_reason IS DISTINCT FROM 'household_called'
    ORDER  BY 1, 2, 3, 4
    ON CONFLICT (alert_id, version, wave, member_id) DO UPDATE SET member_id = excluded.member_id -- taken once we commit
), waits AS (
    INSERT INTO due (delivery_id, alert_id, kind, channel, lane, route, due_at, produce_after)
    SELECT id, alert_id,
           (CASE WHEN kind = 'unknown' OR n = 'unknown' AND kind <> 'refused'
                   OR doubtful AND kind IN ('released', 'deferred') THEN 'resolve' ELSE 'send' END)::due_kind,
           channel, lane, route, least(again_at, expires_at), least(again_at, expires_at)
    FROM moved WHERE sets AND work = 'waiting'
    ON CONFLICT (delivery_id) DO UPDATE
    SET kind = excluded.kind, route = excluded.route, due_at = excluded.due_at, produce_after = excluded.produce_after,
        probe = false
), done AS (
    DELETE FROM due USING moved WHERE due.delivery_id = moved.id AND (moved.sets OR moved.ends) AND moved.work = 'none'
), struck AS (
    INSERT INTO strike (channel, address, reason, delivery_id, alert_id, agency_id, provider_status, at)
    SELECT f.channel, lower(p.address), f.reason, f.delivery_id, f.alert_id, f.agency_id, f.provider_status, f.occurred_at
    FROM   fact f
    JOIN   strike_rule rule ON rule.channel = f.channel AND rule.reason = f.reason
    CROSS  JOIN LATERAL (SELECT address FROM contact_point WHERE id = f.contact_point_id OFFSET 0) p
    WHERE  f.kind IN ('failed', 'refused', 'complained')
    ON CONFLICT DO NOTHING
    RETURNING channel, address
), {tallied("moved", "occurred_at")}
SELECT (SELECT count(*) FROM fresh) AS fresh,
       (SELECT count(*) FROM moved WHERE kind = 'failed' AND state_rank(o) >= 5) AS conflicts,
       ARRAY(SELECT id FROM r EXCEPT SELECT id FROM known) AS unmatched,
       ARRAY(SELECT id FROM fact WHERE segments IS NOT NULL) AS billed,
       ARRAY(SELECT channel FROM struck ORDER BY channel, address) AS struck_channels,
       ARRAY(SELECT address FROM struck ORDER BY channel, address) AS struck
"""

_TOLD_BY_CLOSING: Final = frozenset({ReceiptKind.CANCELLED, ReceiptKind.EXPIRED})
OF_WHOM: Final = """
SELECT d.id, d.contact_point_id, a.agency_id
FROM   unnest($1::uuid[]) u(id)
CROSS  JOIN LATERAL (SELECT id, alert_id, contact_point_id FROM delivery WHERE id = u.id OFFSET 0) d
CROSS  JOIN LATERAL (SELECT agency_id FROM alert WHERE id = d.alert_id OFFSET 0) a
"""
LOCK: Final = "SELECT id FROM delivery WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"

ADVANCE: Final = """
WITH o AS (
    SELECT * FROM unnest($2::int[], $3::bigint[], $4::bigint[]) AS o(partition, expected, next)
)
UPDATE merged_offset m SET next_offset = o.next
FROM   o WHERE m.topic = $1 AND m.topic_id = $5 AND m.partition = o.partition AND m.next_offset = o.expected
"""

START: Final = """
INSERT INTO merged_offset AS m (topic, topic_id, partition, next_offset)
SELECT $1, $2, * FROM unnest($3::int[], $4::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET topic_id = excluded.topic_id, next_offset = excluded.next_offset
WHERE m.topic_id IS DISTINCT FROM excluded.topic_id
"""


class OffsetMovedError(Exception):
    """Another merger has advanced a partition: nothing was merged; read the offsets anew."""


@dataclass(frozen=True, slots=True)
class Log:
    """A topic as long as it is that one: made anew it is another log, where the offsets of the old one mean nothing."""

    topic: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a merge takes a partition; it holds only where the ledger stands at `expected`."""

    partition: int
    expected: int
    next: int


@dataclass(frozen=True, slots=True)
class Merged:
    """How many receipts were new, and how many of these say that a delivery failed which had arrived: it stays so."""

    fresh: int
    conflicts: int


async def merged_offsets(pool: Pool, log: Log) -> Mapping[int, int]:
    """Next offset to merge by partition; partitions of which nothing was merged from this log are absent."""
    rows = await pool.fetch(
        "SELECT partition, next_offset FROM merged_offset WHERE topic = $1 AND coalesce(topic_id, $2) = $2",
        log.topic,
        log.id,
    )
    return {row["partition"]: row["next_offset"] for row in rows}


async def start_partitions(
    pool: Pool, log: Log, *, known: Mapping[int, int], starts: Mapping[int, int]
) -> None:
    """Set where the merge of each partition begins.

    Args:
        pool: Connections.
        log: Whose partitions.
        known: What `merged_offsets` told; one that moved since is another merger's and stays.
        starts: Where reading starts; differs from `known` where the log lost records.

    Raises:
        OffsetMovedError: Another merger owns a partition.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(START, log.topic, log.id, list(starts), list(starts.values()))
        moved = [Advance(p, known[p], at) for p, at in starts.items() if p in known and known[p] != at]
        await _advance(connection, log, advances=moved)


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
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(gate.MERGE)
        await _lock_if_closing(connection, receipts)
        await _advance(connection, log, advances=sorted(advances, key=lambda advance: advance.partition))
        rounds, ordinal = [], 0
        for round_ in _rounds(receipts):
            rounds.append(await _merge_round(connection, receipts=round_, ordinal=ordinal))
            ordinal += len(round_)
        await lines.free(connection, lines.ended_by(receipts))
        return Merged(sum(each.fresh for each in rounds), sum(each.conflicts for each in rounds))


async def _lock_if_closing(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Lock the rows before their timeline where closing may be telling the same: it goes from the row to the timeline."""
    if any(receipt.kind in _TOLD_BY_CLOSING for receipt in receipts):
        await connection.execute(LOCK, sorted({receipt.delivery_id for receipt in receipts}))


async def _advance(connection: Connection, log: Log, *, advances: Sequence[Advance]) -> None:
    columns = ([a.partition for a in advances], [a.expected for a in advances], [a.next for a in advances])
    status = await connection.execute(ADVANCE, log.topic, *columns, log.id)
    if status != f"UPDATE {len(advances)}":
        raise OffsetMovedError


def _rounds(receipts: Iterable[Receipt]) -> list[list[Receipt]]:
    """Split so that each delivery stands once in a round, its receipts in order; each round sorted by delivery."""
    rounds: list[dict[UUID, Receipt]] = []
    seen: dict[UUID, int] = {}
    for receipt in receipts:
        number = seen.get(receipt.delivery_id, 0)
        seen[receipt.delivery_id] = number + 1
        if number == len(rounds):
            rounds.append({})
        rounds[number][receipt.delivery_id] = receipt
    return [[facts[delivery] for delivery in sorted(facts)] for facts in rounds]


async def _merge_round(connection: Connection, *, receipts: Sequence[Receipt], ordinal: int) -> Merged:
    row = await connection.fetchrow(
        MERGE,
        [r.id for r in receipts],
        [r.delivery_id for r in receipts],
        [r.fence for r in receipts],
        [r.kind.value for r in receipts],
        [r.state.value for r in receipts],
        [r.reason.value if r.reason else None for r in receipts],
        [r.provider for r in receipts],
        [r.provider_status for r in receipts],
        [r.due_at for r in receipts],
        [r.occurred_at for r in receipts],
        [r.recorded_at for r in receipts],
        [r.attempt for r in receipts],
        ordinal,
        [r.provider_ref for r in receipts],
        [r.segments for r in receipts],
        [r.cost for r in receipts],
    )
    if row is None:
        raise RuntimeError("the merge answers with one row")
    if unmatched := set(row["unmatched"]):
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
