"""Sessions: dead is final, and only a heartbeat that stands still is death."""

from datetime import timedelta

from tests.support.world import Situation, emptied, waiting
from tocsin_store import sessions
from tocsin_store.pool import Pool

MARGIN = timedelta(seconds=10)


async def test_a_heartbeat_moves(pool: Pool) -> None:
    session = await sessions.open_session(pool, worker="w")
    before = (await sessions.live_heartbeats(pool))[session]

    alive = await sessions.heartbeat(pool, session, oldest_claim_age=None)

    assert alive
    assert (await sessions.live_heartbeats(pool))[session] > before


async def test_a_session_whose_heartbeat_moved_is_not_marked_dead(pool: Pool) -> None:
    session = await sessions.open_session(pool, worker="w")
    seen = (await sessions.live_heartbeats(pool))[session]
    await sessions.heartbeat(pool, session, oldest_claim_age=None)

    assert not await sessions.mark_dead(pool, session, unless_after=seen)
    assert session in await sessions.live_heartbeats(pool)


async def test_dead_is_final(pool: Pool) -> None:
    session = await sessions.open_session(pool, worker="w")
    seen = (await sessions.live_heartbeats(pool))[session]

    died = await sessions.mark_dead(pool, session, unless_after=seen)

    assert died
    assert not await sessions.heartbeat(pool, session, oldest_claim_age=None)
    assert not await sessions.mark_dead(pool, session, unless_after=seen)
    assert session in await sessions.dead_sessions(pool)


async def test_a_dead_session_is_not_closed_in_good_order(pool: Pool) -> None:
    session = await sessions.open_session(pool, worker="w")
    seen = (await sessions.live_heartbeats(pool))[session]
    await sessions.mark_dead(pool, session, unless_after=seen)

    await sessions.close_session(pool, session)

    assert session in await sessions.dead_sessions(pool)


async def test_a_recovered_session_is_looked_at_no_more(pool: Pool) -> None:
    session = await sessions.open_session(pool, worker="w")
    seen = (await sessions.live_heartbeats(pool))[session]
    await sessions.mark_dead(pool, session, unless_after=seen)

    await sessions.mark_recovered(pool, session)

    assert session not in await sessions.dead_sessions(pool)
    assert not await sessions.heartbeat(pool, session, oldest_claim_age=None)


async def orphans(situation: Situation, margin: timedelta = timedelta()) -> list[int]:
    return list(await sessions.orphans(situation.pool, alert_id=situation.alert, margin=margin))


async def test_a_claim_is_an_orphan_once_it_is_older_than_the_oldest_one_open(pool: Pool) -> None:
    await emptied(pool)
    situation = await waiting(pool)
    await situation.claimed()

    await sessions.heartbeat(pool, situation.session, oldest_claim_age=timedelta(minutes=1))
    open_still = await orphans(situation)
    await sessions.heartbeat(pool, situation.session, oldest_claim_age=None)
    gone = await orphans(situation)

    assert (open_still, gone) == ([], [situation.session])


async def test_the_margin_spares_young_claims(pool: Pool) -> None:
    await emptied(pool)
    situation = await waiting(pool)
    await situation.claimed()
    await sessions.heartbeat(pool, situation.session, oldest_claim_age=None)

    assert await orphans(situation, MARGIN) == []


async def test_every_claim_of_a_session_that_ended_in_good_order_is_an_orphan(pool: Pool) -> None:
    await emptied(pool)
    situation = await waiting(pool)
    await situation.claimed()
    await sessions.close_session(pool, situation.session)

    found = await sessions.orphans(pool, alert_id=situation.alert, margin=MARGIN)

    assert found == {situation.session: None}


async def test_a_dead_session_has_no_orphans_its_claims_wait_for_its_own_recovery(pool: Pool) -> None:
    await emptied(pool)
    situation = await waiting(pool)
    await situation.claimed()
    beat = (await sessions.live_heartbeats(pool))[situation.session]
    await sessions.mark_dead(pool, situation.session, unless_after=beat)

    assert await orphans(situation) == []
