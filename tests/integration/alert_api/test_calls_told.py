"""What an agency is told of an alert's calls, before and after it posts."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from alert_api.settings import ApiSettings
from tests.integration.alert_api.conftest import Agency, Answer, Client, serving
from tests.integration.alert_api.townsfolk import (
    LISTENER,
    Resident,
    given_caller,
    given_sender,
    settled_in,
    where_it_is,
)
from tocsin_store.pool import Pool

Body = dict[str, object]


@pytest.fixture
async def spoken(alert: Body, agency: Agency, pool: Pool) -> Body:
    """A body that is accepted and said in calls, from a number that nobody else calls from."""
    await given_caller(pool, agency, voice_from=_a_caller())
    return {**alert, "channels": ["voice"]}


SAID = ("Fire and Rescue", "The river rises.", "Press 9")


async def previewed(client: Client, body: Body) -> Answer:
    return await client.send("POST", "/v1/alerts/preview", json=body)


async def test_a_preview_says_what_is_said_to_whom_and_for_how_long(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [LISTENER] * 90)

    answer = await previewed(client, spoken)

    assert answer.status == 200
    assert answer.at("deliveries") == {"voice": 90}
    assert answer.at("texts") is None
    assert [answer.at("calls", each) for each in ("deliveries", "minutes", "too_late")] == [90, 2, 0]
    assert _seconds(answer) == pytest.approx(90 * 1.15)
    assert answer.at("calls", "languages", 0, "language") == "en-GB"
    said = answer.at("calls", "languages", 0, "said")
    assert isinstance(said, list)
    assert [part in sentence for part, sentence in zip(SAID, said, strict=True)] == [True] * 3


async def test_a_household_is_called_once_and_refused_countries_are_not(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    points = await settled_in(pool, agency, [LISTENER] * 5)
    await settled_in(pool, agency, [replace(LISTENER, number="+33142685300")] * 2)
    await pool.execute(
        """UPDATE member SET household_id = $2
           WHERE  id IN (SELECT member_id FROM contact_point WHERE id = ANY($1::uuid[]))""",
        points[:3],
        uuid4(),
    )

    answer = await previewed(client, spoken)

    assert answer.at("deliveries") == {"voice": 7}
    assert answer.at("calls", "deliveries") == 3


async def test_what_is_routine_is_foretold_for_the_morning(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [LISTENER] * 2)
    await where_it_is(pool, 2)

    urgent = await previewed(client, spoken)
    routine = await previewed(client, {**spoken, "severity": "minor"})
    posted = await client.post({**spoken, "severity": "minor"})

    now = datetime.now().astimezone()
    opens = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=6)
    assert _moment(urgent, "calls", "begins") <= now.timestamp()
    assert {_moment(each, "calls", "begins") for each in (routine, posted)} == {opens.timestamp()}
    assert _seconds(routine) == pytest.approx(2 * 1.15)


async def test_a_post_is_told_the_same_without_what_is_said(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [LISTENER] * 30)
    soon = datetime.now().astimezone() + timedelta(seconds=12)

    answer = await client.post({**spoken, "expires": soon.isoformat()})

    assert answer.status == 202
    assert answer.at("calls", "deliveries") == 30
    left = soon.timestamp() - _moment(answer, "calls", "begins")
    assert answer.at("calls", "too_late") == 30 - int(left / 1.15)  # one is made each 1.15 s
    assert answer.at("calls", "languages") == [{"language": "en-GB"}]


async def test_what_waits_for_the_same_caller_comes_before(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [LISTENER] * 20)
    await given_sender(pool, agency, sms_from=_a_caller())
    await settled_in(pool, agency, [Resident()] * 500)
    await where_it_is(pool, 12)
    await client.post(spoken)
    await client.post({**spoken, "channels": ["sms"]})  # texts leave by another way

    sooner = await previewed(client, {**spoken, "severity": "extreme"})
    later = await previewed(client, {**spoken, "severity": "minor"})

    assert _waits(sooner, hours=6) == 0
    assert _waits(later, hours=24) == pytest.approx(20 * 1.15)


async def test_an_alert_says_when_its_calls_are_through(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [LISTENER] * 40)
    posted = await client.post(spoken)
    await pool.execute(
        """INSERT INTO tally_delta (alert_id, alert_version, channel, state, bucket, n)
           SELECT $1, 1, 'voice', state::delivery_state, -1, n FROM (VALUES ('pending', 30), ('sent', 10)) x(state, n)""",
        posted.at("id"),
    )

    shown = await client.get(f"/v1/alerts/{posted.at('id')}")

    assert shown.at("progress", "channels", "voice") == {"pending": 30, "sent": 10}
    through = _moment(shown, "progress", "eta", "voice") - _moment(shown, "progress", "as_of")
    assert through == pytest.approx(30 * 1.15, abs=0.1)


async def test_of_a_household_one_call_is_still_to_be_made(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [LISTENER] * 10)
    await pool.execute(
        "UPDATE member SET household_id = $1 WHERE id IN (SELECT member_id FROM consent WHERE agency_id = $2)",
        uuid4(),
        agency.id,
    )
    posted = await client.post(spoken)
    await pool.execute(
        """INSERT INTO tally_delta (alert_id, alert_version, channel, state, bucket, n)
           VALUES ($1, 1, 'voice', 'pending', -1, 10)""",
        posted.at("id"),
    )

    shown = await client.get(f"/v1/alerts/{posted.at('id')}")

    through = _moment(shown, "progress", "eta", "voice") - _moment(shown, "progress", "as_of")
    assert through == pytest.approx(1.15, abs=0.1)


async def test_an_agency_without_a_number_calls_nobody(client: Client, alert: Body) -> None:
    answer = await client.post({**alert, "channels": ["email", "voice"]})

    assert answer.status == 422
    assert answer.faults == {"/channels": "no_call_sender"}


async def test_texts_and_calls_are_told_side_by_side(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await given_sender(pool, agency, sms_from=_a_caller())
    await settled_in(pool, agency, [LISTENER, Resident(), Resident()])
    plan = [{"channels": ["sms"]}, {"after": "PT5M", "channels": ["voice"]}]
    planned = {**{name: value for name, value in spoken.items() if name != "channels"}, "plan": plan}

    answer = await client.post(planned)

    assert (answer.at("texts", "deliveries"), answer.at("calls", "deliveries")) == (2, 1)
    later = _moment(answer, "calls", "begins") - _moment(answer, "texts", "begins")
    assert later == pytest.approx(300)


async def test_without_calls_nothing_is_said_of_them(client: Client, alert: Body) -> None:
    posted, seen = await client.post(alert), await previewed(client, alert)

    assert isinstance(posted.json, dict)
    assert "calls" not in posted.json
    assert seen.at("calls") is None


async def test_an_update_is_told_of_its_calls_too(
    client: Client, spoken: Body, agency: Agency, pool: Pool
) -> None:
    await settled_in(pool, agency, [LISTENER] * 3)
    posted = await client.post(spoken)
    new = {each: spoken[each] for each in ("category", "severity", "info", "purpose")}

    answer = await client.send(
        "POST",
        f"/v1/alerts/{posted.at('id')}/updates",
        json={**new, "to": "reached"},
        headers={"Idempotency-Key": str(uuid4())},
    )

    assert answer.status == 202
    assert answer.at("calls", "deliveries") is None


async def test_a_count_that_takes_too_long_is_null_and_stops_nobody(
    settings: ApiSettings, agency: Agency, spoken: Body, pool: Pool
) -> None:
    async with serving(settings) as api, pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE consent IN ACCESS EXCLUSIVE MODE")  # the count waits for it

        answer = await api.client(agency.key).post(spoken)

    assert answer.status == 202
    assert {answer.at("calls", each) for each in ("deliveries", "begins", "minutes", "too_late")} == {None}


def _a_caller() -> str:
    return f"+44113496{uuid4().int % 10**4:04}"


def _waits(answer: Answer, *, hours: int) -> float:
    """Seconds from when it was asked; that is so many hours before it expires by default."""
    return _moment(answer, "calls", "begins") - (_moment(answer, "expires") - hours * 3600)


def _seconds(answer: Answer) -> float:
    """From the first call to the last."""
    return _moment(answer, "calls", "ends") - _moment(answer, "calls", "begins")


def _moment(answer: Answer, *where: str) -> float:
    return datetime.fromisoformat(str(answer.at(*where))).timestamp()
