"""A process stands still, holding what it holds: the others go on, and when it goes on it does no harm.

Every other process, and all of them while others are broken too: `tests/faults`.
"""

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import Town
from tests.support.eventually import eventually

MEMBERS = 300
SLOW_S = 0.3
ARRIVED = 30
PATIENCE_S = 90.0

LIVE = "SELECT count(*) FROM session WHERE state = 'live' AND worker = 'email-worker'"


async def test_an_alert_outlives_a_worker_that_stands_still(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.slow(SLOW_S)
    await town.stop("email-worker-2")
    alert = (await people.agency.post(an_alert())).accepted.id
    await town.under_way(alert, arrived=ARRIVED)

    async with town.stopped("email-worker"):
        await town.sandbox.behave()
        await town.start("email-worker-2")
        await town.settled(alert, within=PATIENCE_S)
        while_stopped = await account_of(town, people.agency, alert, expected=MEMBERS)
    await town.ready()
    await all_live(town)

    assert while_stopped.faults == []
    account = await account_of(town, people.agency, alert, expected=MEMBERS)
    assert account.faults == []
    assert account.unknowns


async def test_the_outbox_outlives_a_relay_that_stands_still(town: Town) -> None:
    doors = ["alert-api", "alert-api-2"]

    async def the_relay() -> str | None:
        now = [door for door in doors if await town.measure(door, "tocsin_outbox_relaying")]
        return now[0] if len(now) == 1 else None

    relay = await eventually(the_relay)
    assert relay is not None
    (other,) = set(doors) - {relay}
    people = await town.people(20, door=other)

    async with town.stopped(relay):
        alert = (await people.agency.post(an_alert())).accepted.id

        async def handed_over() -> bool:
            return not await town.pool.fetchval("SELECT count(*) FROM outbox")

        await eventually(handed_over)
    await town.settled(alert)
    await town.ready()

    assert await eventually(the_relay) == other
    account = await account_of(town, people.agency, alert, expected=20)
    assert account.faults == []


async def all_live(town: Town) -> None:
    """Return when both workers have a session that lives."""

    async def look() -> bool:
        return bool(await town.pool.fetchval(LIVE) == 2)

    await eventually(look)
