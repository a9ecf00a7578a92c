"""Alerts with a plan: what is refused, what is stored, what is told of the steps."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from alert_api.alert_post import PlanStep
from alert_api.settings import ApiSettings
from tests.integration.alert_api.conftest import Api, Client, new_agency, serving
from tests.integration.alert_api.ledger_rows import posted
from tocsin_schemas.words import Channel, Severity
from tocsin_store.pool import Pool

Body = dict[str, object]

CLIMB = [{"channels": ["email"]}, {"after": "PT5M", "channels": ["sms"]}]


@pytest.fixture
async def texter(api: Api, pool: Pool) -> Client:
    """An agency that may send texts."""
    agency = await new_agency(pool)
    await pool.execute("UPDATE agency SET sms_from = $2 WHERE id = $1", agency.id, agency.id.hex[:11])
    return api.client(agency.key)


async def test_a_plan_is_stored_with_a_fan_out_for_each_channel_of_each_step(
    texter: Client, alert: Body, pool: Pool
) -> None:
    plan = [*CLIMB, {"after": "PT10M", "unless": "acknowledged", "channels": ["email", "sms"]}]
    alert_id = await posted(texter, alert | {"plan": plan})

    rows = await pool.fetch(
        """SELECT wave, channel, f.not_before - a.frozen_at AS after, stops_at, last_wave
           FROM   fan_out f JOIN alert a ON a.id = f.alert_id WHERE a.id = $1 ORDER BY wave, channel""",
        UUID(str(alert_id)),
    )

    five, ten = timedelta(minutes=5), timedelta(minutes=10)
    assert [tuple(row) for row in rows] == [
        (0, "email", timedelta(), None, 2),
        (1, "sms", five, 5, 2),
        (2, "email", ten, 6, 2),
        (2, "sms", ten, 6, 2),
    ]


async def test_the_plan_and_its_steps_are_shown(texter: Client, alert: Body) -> None:
    shown = await texter.get(f"/v1/alerts/{await posted(texter, alert | {'plan': CLIMB})}")

    assert shown.at("channels") is None
    assert shown.at("plan") == [
        {"channels": ["email"], "after": None, "unless": None},
        {"channels": ["sms"], "after": "PT5M", "unless": "delivered"},
    ]
    first, second = (shown.at("progress", "steps", number) for number in range(2))
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["channels"], second["channels"], second["state"]) == (["email"], ["sms"], "waiting")
    begins = [datetime.fromisoformat(step["begins"]) for step in (first, second)]
    assert begins[1] - begins[0] == timedelta(minutes=5)


async def test_an_alert_without_a_plan_has_one_step(client: Client, alert: Body) -> None:
    shown = await client.get(f"/v1/alerts/{await posted(client, alert)}")

    assert shown.at("plan") is None
    assert shown.at("progress", "steps", 0, "channels") == ["email"]


@pytest.mark.parametrize(
    ("plan", "faults"),
    [
        ([], {"/plan": "min_items"}),
        ([{"channels": []}], {"/plan/0/channels": "min_items"}),
        ([{"channels": ["email", "email"]}], {"/plan/0/channels": "unique"}),
        ([{"channels": ["email"], "when": "PT5M"}], {"/plan/0/when": "unknown_field"}),
        ([{"channels": ["email"], "after": "PT5M"}], {"/plan/0/after": "first_step"}),
        ([{"channels": ["email"], "unless": "delivered"}], {"/plan/0/unless": "first_step"}),
        ([{"channels": ["email"]}, {"channels": ["email"]}], {"/plan/1/after": "required"}),
        ([{"channels": ["email"]}, {"after": "soon", "channels": ["email"]}], {"/plan/1/after": "type"}),
        ([{"channels": ["email"]}, {"after": "PT0S", "channels": ["email"]}], {"/plan/1/after": "minimum"}),
        (
            [{"channels": ["email"]}, {"after": "P2D", "channels": ["email"]}],
            {"/plan/1/after": "before_expiry"},
        ),
        (
            [{"channels": ["email"]}, *[{"after": "PT5M", "channels": ["email"]}] * 2],
            {"/plan/2/after": "after_the_last"},
        ),
        ([{"channels": ["email"]}] * 7, {"/plan": "max_items"}),
    ],
)
async def test_what_is_no_plan_is_told_where(
    client: Client, alert: Body, plan: object, faults: dict[str, str]
) -> None:
    answer = await client.post(alert | {"plan": plan})

    assert (answer.status, answer.faults) == (422, faults)


async def test_channels_or_a_plan(client: Client, alert: Body) -> None:
    answer = await client.post(alert | {"channels": ["email"], "plan": CLIMB})

    assert (answer.status, answer.faults) == (422, {"/plan": "one_of"})


async def test_texts_of_a_later_step_need_a_sender_and_begin_with_it(
    client: Client, texter: Client, alert: Body
) -> None:
    refused = await client.post(alert | {"plan": CLIMB})
    assert (refused.status, refused.faults) == (422, {"/plan/1/channels": "no_text_sender"})

    taken = await texter.post(alert | {"plan": CLIMB})

    created, begins = (
        datetime.fromisoformat(str(taken.at(*path))) for path in (("created_at",), ("texts", "begins"))
    )
    assert begins - created >= timedelta(minutes=4, seconds=50)


async def test_a_preview_counts_every_step(texter: Client, alert: Body) -> None:
    answer = await texter.send("POST", "/v1/alerts/preview", json=alert | {"plan": CLIMB})

    assert answer.at("deliveries") == {"email": 0, "sms": 0}


@pytest.fixture
async def planning(settings: ApiSettings) -> AsyncIterator[Api]:
    """The API with a plan of its operator's for severe alerts."""
    steps = [
        PlanStep(channels=[Channel.EMAIL]),
        PlanStep(channels=[Channel.EMAIL], after=timedelta(minutes=2)),
    ]
    async with serving(settings.model_copy(update={"default_plans": {Severity.SEVERE: steps}})) as api:
        yield api


async def test_an_alert_that_does_not_say_takes_the_operators_plan(
    planning: Api, alert: Body, pool: Pool
) -> None:
    client = planning.client((await new_agency(pool)).key)

    severe = await client.get(f"/v1/alerts/{await posted(client, alert | {'severity': 'severe'})}")
    minor = await client.get(f"/v1/alerts/{await posted(client, alert | {'severity': 'minor'})}")

    assert severe.at("plan", 1, "after") == "PT2M"
    assert (minor.at("plan"), minor.at("channels")) == (None, ["email"])
