"""People text back: the agency reads it under the alert it answers, and its own answer reaches that phone alone."""

from http import HTTPStatus
from uuid import UUID

from pydantic import BaseModel

from tests.support.e2e_agency import Agency
from tests.support.e2e_texters import texters
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.words import State

QUESTION, ANSWER = "Is the bridge still open?", "It is closed until noon."


class Reply(BaseModel):
    """One reply of a page."""

    id: UUID
    member_id: UUID
    kind: str
    body: str
    state: str
    answer_id: UUID | None


class Replies(BaseModel):
    """A page."""

    items: list[Reply]


async def test_a_question_is_read_answered_and_closed(town: Town) -> None:
    people = await texters(town, 3)
    alert = await people.post()
    await town.reported(alert)

    await town.phones.say(people.numbers[1], QUESTION, to=people.sender)
    (reply,) = await eventually(lambda: _replies(people.agency, alert))
    answered = await people.agency.post(
        {"text": ANSWER}, path=f"/v1/alerts/{alert}/replies/{reply.id}/answer"
    )
    got = await eventually(lambda: _texts_after_the_alert(town, people.numbers[1], sender=people.sender))

    assert (reply.body, reply.kind, reply.state) == (QUESTION, "text", "open")
    assert reply.member_id == people.members[1]
    assert answered.status == HTTPStatus.ACCEPTED, answered.body
    assert [ANSWER in body for body in got] == [True]
    for number in (people.numbers[0], people.numbers[2]):
        assert len(await town.phones.of(number, sender=people.sender)) == 1
    (after,) = await _replies(people.agency, alert)
    assert (after.state, after.answer_id is not None) == ("answered", True)


async def test_a_yes_acknowledges(town: Town) -> None:
    people = await texters(town, 2)
    alert = await people.post()
    await town.reported(alert)

    await town.phones.say(people.numbers[0], " ok.", to=people.sender)

    async def acknowledged() -> bool:
        return State.ACKNOWLEDGED in {row.state for row in await people.agency.deliveries(alert)}

    await eventually(acknowledged)
    rows = {row.id: row.state for row in await people.agency.deliveries(alert)}
    mine = UUID((await town.deliveries_of(alert))[people.members[0]])
    assert rows.pop(mine) is State.ACKNOWLEDGED
    assert set(rows.values()) == {State.DELIVERED}


async def _replies(agency: Agency, alert: UUID) -> list[Reply]:
    answer = await agency.get(f"/v1/alerts/{alert}/replies")
    assert answer.status == HTTPStatus.OK, answer.body
    return Replies.model_validate_json(answer.body).items


async def _texts_after_the_alert(town: Town, number: str, *, sender: str) -> list[str]:
    return [text.body for text in (await town.phones.of(number, sender=sender))[1:]]
