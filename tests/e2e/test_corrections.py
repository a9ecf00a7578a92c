"""A correction in the middle of sending: it follows whom the alert reached, once, and nobody else hears of either."""

from http import HTTPStatus

from tests.support.e2e_agency import an_alert
from tests.support.e2e_town import Town
from tocsin_schemas.words import Reason, State

MEMBERS = 400
SLOW_S = 1.0


async def test_a_correction_reaches_exactly_those_whom_the_alert_reached(town: Town) -> None:
    people = await town.people(MEMBERS)
    await town.sandbox.slow(SLOW_S)
    alert = (await people.agency.post(an_alert(says="Take the north road."))).accepted.id
    await town.under_way(alert, arrived=40)

    answer = await people.agency.correct(alert, says="Take the south road.")
    await town.sandbox.behave()
    await town.settled(alert)

    assert (answer.status, answer.accepted.version) == (HTTPStatus.ACCEPTED, 2)
    texts = [await _texts(town, people.address(number)) for number in range(MEMBERS)]
    corrected = [each for each in texts if each]
    assert {tuple(each) for each in corrected} == {("north", "south")}
    assert 40 <= len(corrected) < MEMBERS
    rows = await people.agency.deliveries(alert)
    first = [row for row in rows if row.alert_version == 1]
    assert len(first) == MEMBERS
    assert {(row.state, row.reason) for row in first} == {
        (State.SENT, None),
        (State.CANCELLED, Reason.SUPERSEDED),
    }
    now = (await people.agency.alert(alert)).progress
    assert (now.deliveries, dict(now.states)) == (len(corrected), {State.SENT: len(corrected)})


async def _texts(town: Town, address: str) -> list[str]:
    """Which road each message to an address names, oldest first."""
    mails = [await town.sandbox.read(row.number) for row in await town.sandbox.to(address)]
    return ["north" if "north road" in mail.text else "south" for mail in mails]
