"""Who answers STOP is left alone: at once, by this agency alone, and until they answer START."""

from datetime import datetime, timedelta
from typing import Final

from tests.support.e2e_account import account_of
from tests.support.e2e_agency import an_alert
from tests.support.e2e_phones import later_than
from tests.support.e2e_texters import Texters, texters
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.words import Reason, State

LONGEST_AFTER_OPT_OUT = timedelta(seconds=2)
PEOPLE, SEGMENTS_PER_S = 200, 40
LEAVING = range(0, PEOPLE, 10)

WITHDRAWN: Final = """
SELECT p.address, max(c.valid_until) AS at FROM consent c
JOIN   contact_point p ON p.member_id = c.member_id
WHERE  c.agency_id = $1 AND c.valid_until <= now() GROUP BY p.address
"""


async def test_who_answers_stop_during_an_alert_gets_nothing_two_seconds_later(town: Town) -> None:
    people = await texters(town, PEOPLE, segments_per_s=SEGMENTS_PER_S)

    alert = await people.post()
    await town.under_way(alert, arrived=1)
    for number in LEAVING:
        await town.phones.say(people.numbers[number], " Stop! ", to=people.sender)
    left_at = await eventually(lambda: _withdrawn(town, people, count=len(LEAVING)))
    await town.reported(alert)

    begun = str(alert)[:8]
    late = {
        number: texts
        for number, at in left_at.items()
        if (
            texts := later_than(
                await town.phones.of(number, sender=people.sender), at, by=LONGEST_AFTER_OPT_OUT
            )
        )
        and any(text.reference.startswith(begun) for text in texts)
    }
    assert late == {}
    suppressed = [row for row in await people.agency.deliveries(alert) if row.state is State.SUPPRESSED]
    assert suppressed
    assert {row.reason for row in suppressed} == {Reason.CONSENT_WITHDRAWN}
    assert (await account_of(town, people.agency, alert, expected=PEOPLE)).faults == []


async def test_stop_is_confirmed_once_and_start_restores_what_it_took(town: Town) -> None:
    people, others = await texters(town, 2), await texters(town, 2)
    number = people.numbers[0]

    await town.phones.say(number, "STOP", to=people.sender)
    await town.phones.say(number, "stop all", to=people.sender)
    await eventually(lambda: _withdrawn(town, people, count=1))
    confirmed = await eventually(lambda: town.phones.of(number, sender=people.sender))
    without = await people.post(an_alert(says="Without you."))
    elsewhere = await others.post(an_alert(says="From others."))
    await town.phones.say(number, "Start", to=people.sender)
    await eventually(lambda: _got(town, people, texts=2))
    again = await people.post(an_alert(says="With you."))
    for alert in (without, elsewhere, again):
        await town.reported(alert)

    assert len(confirmed) == 1
    bodies = [text.body for text in await town.phones.of(number, sender=people.sender)]
    assert len(bodies) == 3
    assert "With you." in bodies[-1]
    assert len(await town.deliveries_of(elsewhere)) == 2
    assert set(await town.deliveries_of(without)) == {people.members[1]}


async def test_who_asks_for_help_hears_who_writes(town: Town) -> None:
    people = await texters(town, 1)

    await town.phones.say(people.numbers[0], "help", to=people.sender)

    (text,) = await eventually(lambda: town.phones.of(people.numbers[0], sender=people.sender))
    assert "Fire & Rescue" in text.body


async def _withdrawn(town: Town, people: Texters, *, count: int) -> dict[str, datetime]:
    """When each number's consent ended, once so many have."""
    rows = await town.pool.fetch(WITHDRAWN, people.agency.id)
    return {row["address"]: row["at"] for row in rows} if len(rows) == count else {}


async def _got(town: Town, people: Texters, *, texts: int) -> bool:
    return len(await town.phones.of(people.numbers[0], sender=people.sender)) == texts
