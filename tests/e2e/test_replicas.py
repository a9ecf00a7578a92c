"""Two of every service share one alert, and take over from each other."""

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import SERVICES, Town

MEMBERS = 1_000


async def test_two_of_every_service_share_an_alert(town: Town) -> None:
    people = await town.people(MEMBERS, door="alert-api-2")

    alert = (await people.agency.post(an_alert())).accepted.id
    await town.settled(alert)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert not account.unknowns
    assert account.result.inbox.duplicates == 0
    sessions = "SELECT count(DISTINCT session) FROM delivery WHERE alert_id = $1"
    assert await town.pool.fetchval(sessions, alert) == 2


async def test_a_rolling_restart_during_an_alert_leaves_nothing_ambiguous(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.slow(0.4)
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.under_way(alert, arrived=20)

    await town.restart(SERVICES)
    assert await town.open(alert) > 0, "the alert was over before the second half was restarted"
    await town.restart([f"{name}-2" for name in SERVICES])
    await town.sandbox.behave()  # the rest may go quickly
    await town.settled(alert)

    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert not account.unknowns
    assert account.result.inbox.duplicates == 0
