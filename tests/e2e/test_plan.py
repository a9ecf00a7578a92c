"""A plan climbs from text to email: for those who are silent when its time comes, at once for those whom texts fail."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.support.e2e_agency import an_alert
from tests.support.e2e_phones import Rule
from tests.support.e2e_texters import Texters, texters
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tests.support.world import PURPOSE
from tocsin_schemas.words import Channel, Reason, State
from tocsin_store import members
from tocsin_store.members import Consent, ContactPoint

PEOPLE, FIRST = 12, 955
"""Numbers of this test alone: some do not exist afterwards."""
REACHED, SILENT, GONE = range(6), range(6, 9), range(9, 12)
AFTER = timedelta(seconds=12)


async def test_a_step_is_for_those_whom_no_step_before_has_reached(town: Town) -> None:
    people = await texters(town, PEOPLE, first=FIRST)
    await _with_addresses(town, people)
    await town.phones.misbehave("twilio", [_gone(people), _silent(people)])
    plan = [{"channels": ["sms"]}, {"after": f"PT{AFTER.seconds}S", "channels": ["email"]}]

    answer = await people.agency.post({**an_alert(), "plan": plan})
    alert = answer.accepted.id

    async def gone_have_moved_on() -> bool:
        emails = await _emailed(town, alert)
        return emails == {people.members[number] for number in GONE}

    await eventually(gone_have_moved_on, within=AFTER.seconds)
    assert (await people.agency.alert(alert)).progress.steps[1].state == "waiting"

    await town.settled(alert)
    assert await _emailed(town, alert) == {people.members[number] for number in (*SILENT, *GONE)}
    now = (await people.agency.alert(alert)).progress
    assert [step.state for step in now.steps] == ["done", "done"]
    assert now.channels[Channel.EMAIL] == {State.SENT: len(SILENT) + len(GONE)}
    assert now.channels[Channel.SMS][State.DELIVERED] == len(REACHED)


async def test_news_before_the_hand_over_calls_a_step_off(town: Town) -> None:
    people = await texters(town, 4, first=FIRST + PEOPLE)
    await _with_addresses(town, people)
    await town.phones.misbehave("twilio", [{"phase": "callback", "action": {"type": "lose"}}])
    plan = [{"channels": ["sms"]}, {"after": "PT3S", "channels": ["email"]}]
    await town.sandbox.smtp(down=True)
    try:
        alert = (await people.agency.post({**an_alert(), "plan": plan})).accepted.id
        await eventually(lambda: _is_under_way(people, alert, of=4))
        for number in people.numbers[:2]:
            await town.phones.say(number, "YES", to=people.sender)
        await eventually(lambda: _acknowledged(people, alert, by=2))
    finally:
        await town.sandbox.smtp(down=False)
    await town.settled(alert)

    rows = [row for row in await people.agency.deliveries(alert) if row.channel is Channel.EMAIL]
    assert sorted((row.state, row.reason) for row in rows) == sorted(
        [(State.SENT, None)] * 2 + [(State.CANCELLED, Reason.REACHED)] * 2
    )


async def _is_under_way(people: Texters, alert: UUID, *, of: int) -> bool:
    return (await people.agency.alert(alert)).progress.steps[1].deliveries == of


async def _acknowledged(people: Texters, alert: UUID, *, by: int) -> bool:
    states = (await people.agency.alert(alert)).progress.states
    return states.get(State.ACKNOWLEDGED) == by


async def _emailed(town: Town, alert: UUID) -> set[UUID]:
    """Whom the second step is for so far."""
    rows = await town.pool.fetch(
        "SELECT member_id FROM delivery WHERE alert_id = $1 AND channel = 'email'", alert
    )
    return {row["member_id"] for row in rows}


async def _with_addresses(town: Town, people: Texters) -> None:
    """Give everybody an email address, too."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    async with town.pool.acquire() as connection, connection.transaction():
        await members.add_contact_points(
            connection,
            [
                ContactPoint(uuid4(), id_, Channel.EMAIL, f"{id_.hex}@homes.example", past)
                for id_ in people.members
            ],
        )
        await members.add_consents(
            connection,
            [
                Consent(uuid4(), id_, people.agency.id, PURPOSE, Channel.EMAIL, {"by": "form"})
                for id_ in people.members
            ],
        )


def _gone(people: Texters) -> Rule:
    refused = {"type": "reply", "status": 400, "code": 21211}
    return {"phase": "create", "match": _numbers(people, GONE), "action": refused}


def _silent(people: Texters) -> Rule:
    return {"phase": "callback", "match": _numbers(people, SILENT), "action": {"type": "lose"}}


def _numbers(people: Texters, which: Iterable[int]) -> str:
    found = "|".join(people.numbers[number].removeprefix("+") for number in which)
    return rf"re:^\+({found})$"
