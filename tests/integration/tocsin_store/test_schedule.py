"""Schedules: an alert that begins later waits for its time, and its audience is who is there then."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.changes import corrected, ended
from tests.support.world import (
    BODY,
    PURPOSE,
    SQUARE,
    Resident,
    Situation,
    an_agency,
    emptied,
    fanned_out,
    ids_of,
    settled_in,
    tallied,
)
from tocsin_schemas.words import Channel, Lane, Reason, Severity, State
from tocsin_store import new_alerts, progress
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Pool
from tocsin_store.sessions import open_session

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def _nothing_else_waits(pool: Pool) -> None:
    await emptied(pool)


async def scheduled(pool: Pool, *, begins_in: timedelta = HOUR) -> Situation:
    agency = await an_agency(pool)
    await settled_in(pool, agency, [Resident()] * 2)
    begins = datetime.now(UTC) + begins_in
    async with pool.acquire() as connection, connection.transaction():
        alert = await new_alerts.insert(
            connection,
            NewAlert(
                agency_id=agency,
                lane=Lane.ROUTINE,
                severity=Severity.MINOR,
                purpose=PURPOSE,
                expires_at=begins + HOUR,
                body=BODY,
                shapes=(SQUARE,),
                channels=(Channel.EMAIL,),
                effective=begins,
            ),
        )
    return Situation(pool, agency, alert.id, await open_session(pool, worker="test"), [])


async def begins(situation: Situation) -> None:
    """Let its time come."""
    await situation.pool.execute(
        "UPDATE alert SET frozen_at = now(), expires_at = now() + interval '1 hour' WHERE id = $1",
        situation.alert,
    )
    await situation.pool.execute("UPDATE fan_out SET not_before = now() WHERE alert_id = $1", situation.alert)


async def test_nothing_is_fanned_out_before_its_time_and_everything_then(pool: Pool) -> None:
    situation = await scheduled(pool)
    too_early = await fanned_out(pool)

    await begins(situation)

    assert (too_early, await fanned_out(pool), await fanned_out(pool)) == (0, 2, 0)


async def test_the_audience_is_who_is_there_when_it_begins(pool: Pool) -> None:
    situation = await scheduled(pool)
    await settled_in(pool, situation.agency, [Resident()] * 3)
    await pool.execute(
        "UPDATE consent SET valid_until = now() WHERE id = (SELECT min(id::text)::uuid FROM consent)"
    )

    await begins(situation)

    assert await fanned_out(pool) == 4


async def test_until_then_it_says_what_it_waits_for(pool: Pool) -> None:
    situation = await scheduled(pool)
    async with pool.acquire() as connection:
        before = await progress.holds(connection, situation.alert, channels=["email"])
        await begins(situation)
        after = await progress.holds(connection, situation.alert, channels=["email"])

    assert ([(hold.channel, hold.reason) for hold in before], after) == ([("email", Reason.SCHEDULED)], [])


async def test_expiry_beats_the_schedule(pool: Pool) -> None:
    situation = await scheduled(pool)
    await begins(situation)
    await pool.execute("UPDATE alert SET expires_at = now() WHERE id = $1", situation.alert)

    await fanned_out(pool)

    assert await tallied(pool, situation.alert) == {State.EXPIRED: 2}
    assert await ended(situation)


async def test_a_version_for_everyone_takes_the_place_of_one_that_has_not_begun(pool: Pool) -> None:
    situation = await scheduled(pool)
    await corrected(situation, to_reached=False, lane=Lane.ROUTINE)

    made = await fanned_out(pool)

    await begins(situation)
    assert (made, await fanned_out(pool)) == (2, 0)
    rows = await pool.fetch(
        "SELECT DISTINCT alert_version FROM delivery WHERE alert_id = $1", situation.alert
    )
    assert [row["alert_version"] for row in rows] == [2]
    assert len(await ids_of(pool, situation.alert)) == 2
