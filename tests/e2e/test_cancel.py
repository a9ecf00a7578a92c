"""An alert that is called off: nothing of it leaves two seconds later, and only those it reached hear the all-clear."""

from collections import Counter
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from alert_api.views import Cancelled
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import People, Town
from tests.support.eventually import eventually
from tocsin_schemas.words import Reason, State

LONGEST_AFTER_CANCEL = timedelta(seconds=2)
SLOW_S = 1.0
MEMBERS = 400


async def test_nothing_leaves_two_seconds_after_a_cancel_and_everybody_is_accounted_for(town: Town) -> None:
    people, alert = await _under_way(town)

    cancelled = Cancelled.model_validate_json((await people.agency.cancel(alert)).body)
    await town.settled(alert)

    allowed = cancelled.cancelled_at + LONGEST_AFTER_CANCEL + timedelta(seconds=SLOW_S)
    assert [at for at in await _arrivals(town, people) if at > allowed] == []
    rows = await people.agency.deliveries(alert)
    states = Counter(row.state for row in rows)
    arrived = await town.sandbox.arrivals(alert)
    assert states[State.CANCELLED] > 0
    assert states[State.SENT] + states[State.CANCELLED] == MEMBERS
    assert {str(row.id) for row in rows if row.state is State.SENT} == set(arrived)
    assert {row.reason for row in rows if row.state is State.CANCELLED} == {Reason.ALERT_CLOSED}


async def test_the_all_clear_goes_to_whom_the_alert_had_reached_and_to_nobody_else(town: Town) -> None:
    people, alert = await _under_way(town)

    answer = await people.agency.cancel(alert, all_clear="The river has fallen.")
    assert answer.status == HTTPStatus.ACCEPTED
    await town.sandbox.behave()
    await town.settled(alert)

    by_version: dict[int, set[UUID]] = {1: set(), 2: set()}
    for row in await town.pool.fetch(
        "SELECT alert_version, member_id FROM delivery WHERE alert_id = $1 AND state = 'sent'", alert
    ):
        by_version[row["alert_version"]].add(row["member_id"])
    assert by_version[2] == by_version[1]
    assert 0 < len(by_version[1]) < MEMBERS
    heard = [len(await town.sandbox.to(people.address(n))) for n in range(MEMBERS)]
    assert Counter(heard) == {2: len(by_version[1]), 0: MEMBERS - len(by_version[1])}


async def test_a_scheduled_alert_that_is_cancelled_writes_to_nobody(town: Town) -> None:
    people = await town.people(20)
    soon = (await town.pool.fetchval("SELECT now() + interval '3 seconds'")).isoformat()
    alert = (await people.agency.post({**an_alert(), "effective": soon})).accepted.id

    await people.agency.cancel(alert)

    async def completed() -> bool:
        return bool(
            await town.pool.fetchval(
                "SELECT settled_at IS NOT NULL FROM alert_content WHERE alert_id = $1", alert
            )
        )

    await eventually(completed)
    assert await people.agency.deliveries(alert) == []


async def test_a_scheduled_alert_goes_at_its_time_to_those_who_are_there_then(town: Town) -> None:
    people = await town.people(20)
    soon = await town.pool.fetchval("SELECT now() + interval '4 seconds'")
    answer = (await people.agency.post({**an_alert(), "effective": soon.isoformat()})).accepted
    waiting = (await people.agency.alert(answer.id)).waiting_for

    async def fanned_out() -> bool:
        return len(await people.agency.deliveries(answer.id)) == 20

    await eventually(fanned_out)
    await town.settled(answer.id)

    assert answer.handover == "scheduled"
    assert [(hold.why, hold.until) for hold in waiting] == [("scheduled", soon)]
    assert min(await _arrivals(town, people)) >= soon


async def _under_way(town: Town) -> tuple[People, UUID]:
    """An alert in the middle of being sent, slowly."""
    people = await town.people(MEMBERS)
    await town.sandbox.slow(SLOW_S)
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.under_way(alert, arrived=20)
    return people, alert


async def _arrivals(town: Town, people: People) -> list[datetime]:
    return [
        mail.received_at
        for number in range(len(people.members))
        for mail in await town.sandbox.to(people.address(number))
    ]
