"""Holds: what they park and until when, and how all that is parked comes free again."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.changes import cancelled
from tests.support.eventually import eventually
from tests.support.holds import DOMAIN, HOUR, going, held, parked, routes, told_of
from tests.support.receipts import merged, told
from tests.support.world import Post, Situation, closed, emptied, waiting
from tocsin_schemas.words import Channel, Lane, Reason, ReceiptKind, State
from tocsin_store import enqueue, pauses, progress
from tocsin_store.pauses import WHOLE_CHANNEL, alert_route, route_of, sender_route
from tocsin_store.pool import Pool

MINUTE = timedelta(minutes=1)
SCOPES = ("channel", "sender", "alert", "destination")


@pytest.fixture(autouse=True)
async def _nothing_else_is_held(pool: Pool) -> None:
    await emptied(pool)


def route_in(situation: Situation, scope: str) -> str:
    return {
        "channel": WHOLE_CHANNEL,
        "sender": sender_route(situation.agency),
        "alert": alert_route(situation.alert),
        "destination": DOMAIN,
    }[scope]


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_hold_is_the_claims_verdict_and_the_merge_parks_what_it_holds(pool: Pool, scope: str) -> None:
    situation, other = await waiting(pool, 2), await waiting(pool)
    route = route_in(situation, scope)
    until = await held(pool, route)

    claims = await situation.claimed()
    await merged(pool, told_of(situation, claims))

    due, row = await situation.due(), await situation.row()
    assert claims.taken == []
    assert {(v.kind, v.reason) for v in claims.verdicts} == {(ReceiptKind.DEFERRED, Reason.DOMAIN_SLOW)}
    assert due is not None
    assert (due["route"], due["due_at"], row["attempts"], row["work"]) == (route, until, 0, "waiting")
    elsewhere = len((await other.claimed()).taken)
    assert elsewhere == (0 if scope in {"channel", "destination"} else 1)


async def test_what_a_worker_deferred_waits_for_the_hold_as_it_is_when_merged(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await situation.claimed()
    await held(pool, lasts=MINUTE)
    until = await held(pool, lasts=HOUR)

    await merged(pool, [told(situation, ReceiptKind.DEFERRED, reason=Reason.PROVIDER_BUSY)])
    await pauses.resume(pool, channel=Channel.EMAIL, route=DOMAIN)
    await merged(pool, [told(situation, ReceiptKind.DEFERRED, number=1, reason=Reason.PROVIDER_BUSY)])

    first, second = await situation.due(0), await situation.due(1)
    assert first is not None
    assert second is not None
    assert first["due_at"] <= datetime.now(UTC) < until
    assert second["due_at"] <= datetime.now(UTC)
    assert second["route"] is None
    assert await going(pool) == list(situation.ids)


async def test_nothing_is_parked_past_its_expiry(pool: Pool) -> None:
    situation = await waiting(pool, post=Post(expires_in=MINUTE))
    await held(pool, lasts=HOUR)

    await parked(situation)

    due = await situation.due()
    assert due is not None
    assert due["due_at"] == await pool.fetchval("SELECT expires_at FROM alert WHERE id = $1", situation.alert)


async def test_what_is_still_held_when_it_is_due_is_put_off_and_not_produced(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    await parked(situation)
    await pool.execute("UPDATE due SET due_at = now(), produce_after = now()")

    assert await going(pool) == []
    due = await situation.due()
    assert due is not None
    assert due["due_at"] == due["produce_after"] > datetime.now(UTC) + MINUTE
    assert (await situation.claimed(token=2)).verdicts == []


async def test_a_parked_delivery_is_settled_when_its_alert_is_cancelled(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    await parked(situation)
    await cancelled(situation)

    assert await closed(pool, situation.alert) == [1]
    assert (await situation.row())["state"] == State.CANCELLED
    assert await situation.due() is None


async def test_what_ended_while_it_was_parked_is_forgotten(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    async with enqueue.next_chunk(pool, channel=Channel.EMAIL, lane=Lane.URGENT) as (connection, chunk):
        assert chunk is not None
        assert await enqueue.park(connection, chunk, lane=Lane.URGENT) == []
        await cancelled(situation)
        assert await closed(pool, situation.alert) == [1]
    assert await situation.due() is not None

    await pauses.resume(pool, channel=Channel.EMAIL, route=DOMAIN)

    assert await going(pool) == []
    assert await situation.due() is None


async def test_resuming_releases_everything_page_by_page(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "_PAGE", 3)
    situation = await waiting(pool, 7)
    await held(pool)
    await parked(situation)

    released = await pauses.resume(pool, channel=Channel.EMAIL, route=DOMAIN)

    assert released == 7
    assert await going(pool) == list(situation.ids)
    assert len((await situation.claimed(token=2)).taken) == 7


async def test_the_same_hold_twice_at_one_fence_parks_twice(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    await parked(situation)
    await pauses.resume(pool, channel=Channel.EMAIL, route=DOMAIN)
    until = await held(pool)

    await parked(situation, token=2)

    due = await situation.due()
    assert due is not None
    assert (due["route"], due["due_at"]) == (DOMAIN, until)
    assert (await situation.row())["fence"] == 0


async def test_two_records_of_one_delivery_park_it_once(pool: Pool) -> None:
    situation = await waiting(pool)
    await held(pool)
    twice = [await situation.claimed(token=1), await situation.claimed(token=2)]

    fresh = [await merged(pool, told_of(situation, claims)) for claims in twice]

    assert fresh == [1, 0]
    assert await pool.fetchval("SELECT count(*) FROM due") == 1


async def test_what_was_parked_while_its_hold_ended_is_released_all_the_same(pool: Pool) -> None:
    situation = await waiting(pool, 2)
    await held(pool)
    told_now = told_of(situation, await situation.claimed())
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM delivery WHERE id = $1 FOR UPDATE", situation.ids[0])
        merging = asyncio.create_task(merged(pool, told_now))  # it has read the hold
        await eventually(lambda: _a_waiter(pool))
        assert await pauses.resume(pool, channel=Channel.EMAIL, route=DOMAIN) == 0
    await merging
    stranded = await going(pool)

    released = await pauses.release_stranded(pool)

    assert (stranded, released) == ([], 2)
    assert await going(pool) == list(situation.ids)


async def _a_waiter(pool: Pool) -> bool:
    return bool(
        await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


async def test_what_waits_for_a_hold_in_force_or_for_quiet_hours_is_not_stranded(pool: Pool) -> None:
    situation = await waiting(pool, 3)
    await held(pool)
    await parked(situation)
    await pool.execute("UPDATE due SET route = 'quiet_hours' WHERE delivery_id = $1", situation.ids[0])
    await pool.execute("UPDATE due SET route = NULL WHERE delivery_id = $1", situation.ids[1])

    assert await pauses.release_stranded(pool) == 0


async def test_an_operators_hold_stays_theirs_whatever_workers_find(pool: Pool) -> None:
    await held(pool, WHOLE_CHANNEL, reason=Reason.OPERATOR)
    await held(pool, WHOLE_CHANNEL, reason=Reason.PROVIDER_UNREACHABLE, lasts=timedelta())
    await pool.execute("UPDATE pause SET until = now()")

    await pauses.probe(pool)

    [hold] = await pauses.in_force(pool)
    assert (hold.route, hold.reason) == (WHOLE_CHANNEL, Reason.OPERATOR)


async def test_a_hold_on_a_provider_that_no_worker_keeps_lapses(pool: Pool) -> None:
    await held(pool, "provider:relay", lasts=timedelta())
    await held(pool, "provider:other", lasts=HOUR)

    await pauses.lapse_providers(pool, after=timedelta())

    assert await routes(pool) == ["provider:other"]


async def test_an_alert_tells_what_its_deliveries_wait_for(pool: Pool) -> None:
    situation = await waiting(pool)
    until = await held(pool)
    await held(pool, "elsewhere.example")
    await held(pool, "provider:relay")
    await parked(situation)

    async with pool.acquire() as connection:
        found = await progress.holds(connection, situation.alert, channels=["email"])

    assert [(h.channel, h.route, h.reason, h.until) for h in found] == [
        ("email", DOMAIN, Reason.DOMAIN_SLOW, until)
    ]


@pytest.mark.parametrize(
    "address", ["ada@Homes.Example", '"a@b"@homes.example', "nobody", "@homes.example", "ada@homes.example."]
)
async def test_python_and_sql_name_the_same_destination(pool: Pool, address: str) -> None:
    in_sql = await pool.fetchval("SELECT route_of('email', $1)", address)

    assert route_of(Channel.EMAIL, address) == in_sql
