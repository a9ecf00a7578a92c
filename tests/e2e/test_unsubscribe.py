"""Who leaves is left alone: at once, for good, and also in the middle of an alert."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import People, Town
from tocsin_schemas.words import Reason, State

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
LONGEST_AFTER_OPT_OUT = timedelta(seconds=2)
SLOW_S = 0.25


async def test_the_link_of_a_message_ends_them_and_a_look_at_it_does_not(town: Town) -> None:
    people = await town.people(5)
    first = await _settled_alert(town, people)
    link = await _link(town, people, 0)

    async with town.http.get(link) as looked:
        looked_at = looked.status
    second = await _settled_alert(town, people)
    async with town.http.post(link, data=ONE_CLICK) as answer:
        left = answer.status
    third = await _settled_alert(town, people)

    assert (looked_at, left) == (HTTPStatus.OK, HTTPStatus.OK)
    assert (
        set(await town.deliveries_of(first)) == set(await town.deliveries_of(second)) == set(people.members)
    )
    assert set(await town.deliveries_of(third)) == set(people.members[1:])
    assert len(await town.sandbox.to(people.address(0))) == 2


async def test_who_leaves_during_an_alert_gets_nothing_two_seconds_later(town: Town) -> None:
    people = await town.people(400)
    await _settled_alert(town, people)
    links = {number: await _link(town, people, number) for number in range(0, 400, 20)}
    await town.sandbox.slow(SLOW_S)

    alert = (await people.agency.post(an_alert())).accepted.id
    await town.under_way(alert, arrived=1)
    left_at = {}
    for number, link in links.items():
        async with town.http.post(link, data=ONE_CLICK) as answer:
            assert answer.status == HTTPStatus.OK
        left_at[number] = datetime.now(UTC)
    await town.settled(alert)

    allowed = LONGEST_AFTER_OPT_OUT + timedelta(seconds=SLOW_S)
    late = [
        number
        for number, at in left_at.items()
        for mail in (await town.sandbox.to(people.address(number)))[1:]
        if mail.received_at > at + allowed
    ]
    assert late == []
    suppressed = [row for row in await people.agency.deliveries(alert) if row.state is State.SUPPRESSED]
    assert suppressed
    assert {row.reason for row in suppressed} == {Reason.CONSENT_WITHDRAWN}
    assert (await account_of(town, people.agency, alert, expected=400)).faults == []


async def _settled_alert(town: Town, people: People) -> UUID:
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.settled(alert)
    return alert


async def _link(town: Town, people: People, number: int) -> str:
    """The link in the newest message to a member."""
    mail = await town.sandbox.read((await town.sandbox.to(people.address(number)))[-1].number)
    return mail.header("List-Unsubscribe").strip("<>")
