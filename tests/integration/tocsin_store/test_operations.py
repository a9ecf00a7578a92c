"""What an operator looks at: it counts what is there, and costs little on any ledger."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import cast

import pytest

from tests.support.receipts import merged, told
from tests.support.world import Post, Situation, an_agency, emptied, posted, settled_in, waiting
from tests.support.world import Resident as AResident
from tocsin_schemas.words import Channel, Lane, ReceiptKind, State
from tocsin_store import operations, story
from tocsin_store.operations import IN_HEAP_ORDER, OLD_CLAIMS, Backlog
from tocsin_store.pool import Pool

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def situation(pool: Pool) -> Situation:
    """Six deliveries of an urgent alert that wait, in a chunk that is not on the log."""
    await emptied(pool)
    return await waiting(pool, 6)


async def urgent(pool: Pool) -> Backlog:
    lanes = {(each.channel, each.lane): each for each in await operations.backlogs(pool)}
    return lanes[Channel.EMAIL, Lane.URGENT]


async def held(situation: Situation, *, number: int, route: str) -> None:
    await situation.is_due(number, after=MINUTE)
    await situation.pool.execute(
        "UPDATE due SET route = $2 WHERE delivery_id = $1", situation.ids[number], route
    )


async def test_an_empty_ledger_is_all_zero(pool: Pool) -> None:
    await emptied(pool)

    lanes = await operations.backlogs(pool)

    assert {(each.channel, each.lane) for each in lanes} == {
        (channel, lane) for channel in Channel for lane in Lane
    }
    assert {(e.waiting, e.on_log, e.passed, e.due_now, e.due_later, e.held, e.due_since) for e in lanes} == {
        (0, 0, 0, 0, 0, 0, timedelta())
    }
    assert (await operations.outbox(pool)).oldest == timedelta()
    assert await operations.crews(pool) == []
    assert await operations.suppressions(pool) == 0


async def test_a_lane_counts_what_waits_where(situation: Situation) -> None:
    await situation.is_due(0, after=-MINUTE)
    await situation.is_due(1, after=MINUTE)
    await held(situation, number=2, route="example.org")

    lane = await urgent(situation.pool)

    assert (lane.waiting, lane.on_log, lane.passed) == (6, 0, 0)
    assert (lane.due_now, lane.due_later, lane.held) == (1, 1, 1)
    assert lane.due_since >= MINUTE


async def test_a_chunk_moves_from_waiting_to_the_log_to_passed(situation: Situation) -> None:
    seen = []
    for column in ("enqueued_at", "passed_at", "settled_at"):
        await situation.pool.execute(f"UPDATE chunk SET {column} = now()")  # noqa: S608 - our own column
        lane = await urgent(situation.pool)
        seen.append((lane.waiting, lane.on_log, lane.passed))

    assert seen == [(0, 6, 0), (0, 0, 6), (0, 0, 0)]


async def test_crews_are_counted_by_what_they_are(situation: Situation) -> None:
    await situation.pool.execute(
        """INSERT INTO session (worker, state, heartbeat_at, oldest_claim, dead_at) VALUES
           ('email-worker', 'live', now(), now() - interval '1 minute', NULL),
           ('email-worker', 'live', now() - interval '20 s', NULL, NULL),
           ('email-worker', 'dead', now() - interval '5 minutes', NULL, now() - interval '4 minutes'),
           ('email-worker', 'recovered', now(), NULL, now()), ('email-worker', 'closed', now(), NULL, NULL)"""
    )

    (crew,) = [each for each in await operations.crews(situation.pool) if each.worker == "email-worker"]

    assert (crew.live, crew.dead) == (2, 1)
    assert crew.heartbeat >= timedelta(seconds=20)
    assert crew.open_claim >= MINUTE
    assert crew.dead_for >= 4 * MINUTE


async def test_old_claims_are_counted_and_young_ones_are_not(situation: Situation) -> None:
    await situation.claimed()
    young = await operations.old_claims(situation.pool, older=MINUTE)
    await situation.pool.execute(
        "UPDATE delivery SET claimed_at = now() - interval '2 minutes' WHERE id = $1", situation.ids[0]
    )

    assert (young, await operations.old_claims(situation.pool, older=MINUTE)) == (0, 1)


async def test_what_takes_too_long_to_count_is_not_counted(situation: Situation) -> None:
    async with situation.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE delivery")

        assert (
            await operations.old_claims(situation.pool, older=MINUTE, within=timedelta(milliseconds=50))
            is None
        )


async def test_alerts_are_counted_by_stage_and_their_deliveries_by_state(situation: Situation) -> None:
    pool = situation.pool
    await situation.claimed()
    await merged(pool, [told(situation, ReceiptKind.ACCEPTED, number=n) for n in range(4)])
    agency = await an_agency(pool)
    await settled_in(pool, agency, [AResident()])
    await posted(pool, agency, Post())
    cancelled = await posted(pool, agency, Post())
    await pool.execute("UPDATE alert SET open = false WHERE id = $1", cancelled)
    later = await posted(pool, agency, Post())
    await pool.execute("UPDATE fan_out SET not_before = now() + interval '1 hour' WHERE alert_id = $1", later)

    found = await operations.unfinished(pool)

    assert found.stages == {"live": 1, "fanning_out": 1, "closing": 1, "scheduled": 1}
    assert found.states == {State.SENT: 4, State.PENDING: 2}
    assert found.not_begun == 0


async def test_a_fan_out_that_nobody_begins_is_counted(situation: Situation) -> None:
    agency = await an_agency(situation.pool)
    alert = await posted(situation.pool, agency, Post())
    await situation.pool.execute(
        """UPDATE fan_out SET created_at = now() - interval '2 minutes', not_before = now() - interval '2 minutes'
           WHERE alert_id = $1""",
        alert,
    )

    assert (await operations.unfinished(situation.pool)).not_begun == 1


async def test_a_delivery_tells_its_story_in_order(situation: Situation) -> None:
    await situation.claimed()
    await merged(situation.pool, [told(situation, ReceiptKind.REFUSED, status="450 4.2.2", due_in=MINUTE)])
    await merged(situation.pool, [told(situation, ReceiptKind.ACCEPTED, status="250")])

    standing = await story.standing(situation.pool, situation.ids[0])
    steps = await story.steps(situation.pool, situation.ids[0])

    assert standing is not None
    assert (standing.state, standing.alert_id, standing.fence) == ("sent", situation.alert, 1)
    assert [(step.kind, step.provider_status) for step in steps] == [
        ("refused", "450 4.2.2"),
        ("accepted", "250"),
    ]


async def test_old_claims_are_sought_in_a_range_of_the_key(situation: Situation) -> None:
    """Also where the ledger is fresh and nobody has analysed it."""
    await situation.pool.execute("DELETE FROM pg_statistic WHERE starelid = 'delivery'::regclass")
    async with situation.pool.acquire() as connection:
        await connection.execute(
            f"BEGIN; {IN_HEAP_ORDER}; PREPARE old_claims (uuid, interval) AS {OLD_CLAIMS}"
        )
        explained = await connection.fetchval(
            f"EXPLAIN (FORMAT json) EXECUTE old_claims ('{situation.alert}', '1 minute')"
        )

        await connection.execute("ROLLBACK; DEALLOCATE old_claims")
    plan = cast("Mapping[str, object]", json.loads(explained)[0]["Plan"])

    scans = {str(each["Node Type"]) for each in _nodes(plan) if "Relation Name" in each}
    assert scans == {"Bitmap Heap Scan"}


def _nodes(plan: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    yield plan
    for child in cast("list[Mapping[str, object]]", plan.get("Plans", [])):
        yield from _nodes(child)
