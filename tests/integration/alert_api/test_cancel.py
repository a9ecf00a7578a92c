"""POST /v1/alerts/{id}/cancel: nothing more is sent, those reached may get an all-clear."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from alert_api.settings import ApiSettings
from tests.integration.alert_api.changes import ALL_CLEAR, cancelled, change, completed, snapshot
from tests.integration.alert_api.conftest import Agency, Api, Client, serving
from tests.integration.alert_api.ledger_rows import add_deliveries, posted
from tests.integration.alert_api.test_database_down import GONE, KEY
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import AlertCancelled
from tocsin_store.pool import Pool

Body = dict[str, object]

INFO = ALL_CLEAR[0]


async def test_a_live_alert_is_called_off(client: Client, alert: Body, pool: Pool, agency: Agency) -> None:
    alert_id = await posted(client, alert)

    answer = await cancelled(client, alert_id)

    assert answer.status == 202, answer.text
    assert answer.headers["Location"] == f"/v1/alerts/{alert_id}"
    assert datetime.fromisoformat(str(answer.at("cancelled_at"))).tzinfo
    assert {**cast("Body", answer.json), "cancelled_at": ""} == {
        "id": str(alert_id),
        "version": 1,
        "state": "cancelled",
        "handover": "delayed",
        "cancelled_at": "",
    }
    async with pool.acquire() as conn:
        row = await conn.fetchrow("SELECT state, open FROM alert WHERE id = $1", alert_id)
        actors = await conn.fetch(
            "SELECT actor, action FROM audit WHERE subject = $1 ORDER BY id", str(alert_id)
        )
        bell = await conn.fetchrow("SELECT * FROM outbox WHERE key = $1 ORDER BY id DESC", alert_id)
    assert row is not None
    assert bell is not None
    assert tuple(row) == ("cancelled", False)
    assert tuple(actors[-1]) == (agency.key_id, "alert cancelled")
    assert (bell["topic"], bell["event_type"]) == ("alerts", "io.tocsin.alert.cancelled.v1")
    assert decode(AlertCancelled, bell["value"]) == AlertCancelled(alert_id=alert_id, alert_version=1)


async def test_why_is_shown_to_the_agency(client: Client, alert: Body) -> None:
    alert_id = await posted(client, alert)
    tag = (await client.get(f"/v1/alerts/{alert_id}")).headers["ETag"]
    answer = await cancelled(client, alert_id)

    shown = await client.get(f"/v1/alerts/{alert_id}", **{"If-None-Match": tag})

    assert (shown.status, shown.at("state"), shown.at("message_type")) == (200, "cancelled", "alert")
    assert shown.at("cancelled", "reason") == "Posted by mistake"
    assert datetime.fromisoformat(str(shown.at("cancelled", "at"))) == datetime.fromisoformat(
        str(answer.at("cancelled_at"))
    )


async def test_an_all_clear_goes_to_those_reached(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert | {"severity": "extreme"})
    async with pool.acquire() as conn:
        await add_deliveries(conn, alert_id, count=3)

    answer = await cancelled(client, alert_id, all_clear=ALL_CLEAR)

    assert (answer.status, answer.at("version")) == (202, 2), answer.text
    shown = await client.get(f"/v1/alerts/{alert_id}")
    assert [shown.at(name) for name in ("state", "version", "message_type", "to", "channels")] == [
        "cancelled",
        2,
        "cancel",
        "reached",
        ["email"],
    ]
    assert shown.at("info", 0, "headline") == "All clear"
    assert shown.at("areas", 0, "code") == "E05000001"
    assert shown.at("cancelled", "reason") == "Posted by mistake"
    lasts = datetime.fromisoformat(str(shown.at("expires"))) - datetime.fromisoformat(
        str(answer.at("cancelled_at"))
    )
    assert lasts == timedelta(hours=6)  # as an extreme alert's default
    assert [
        [shown.at("versions", n, name) for name in ("version", "message_type", "to", "deliveries")]
        for n in (0, 1)
    ] == [
        [1, "alert", "audience", 3],
        [2, "cancel", "reached", 0],
    ]
    async with pool.acquire() as conn:
        fan_out = await conn.fetchrow("SELECT * FROM fan_out WHERE alert_id = $1 AND version = 2", alert_id)
        bell = await conn.fetchval("SELECT value FROM outbox WHERE key = $1 ORDER BY id DESC", alert_id)
    assert fan_out is not None
    assert (fan_out["reached"], fan_out["channel"]) == (True, "email")
    assert decode(AlertCancelled, bell).alert_version == 2


async def test_the_reason_is_not_among_what_members_are_told(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    await cancelled(client, alert_id, all_clear=ALL_CLEAR)

    async with pool.acquire() as conn:
        body = await conn.fetchval(
            "SELECT body FROM alert_content WHERE alert_id = $1 AND version = 2", alert_id
        )

    assert "mistake" not in str({name: value for name, value in body.items() if name != "cancelled"})


@pytest.mark.parametrize(
    ("days_ago", "all_clear", "status"),
    [(0, None, 409), (0, ALL_CLEAR, 202), (6.9, ALL_CLEAR, 202), (7.1, ALL_CLEAR, 409)],
)
async def test_a_completed_alert_can_for_a_week_be_called_off_with_an_all_clear(
    client: Client, alert: Body, pool: Pool, days_ago: float, all_clear: object, status: int
) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await completed(conn, alert_id, days_ago=days_ago)
        before = await snapshot(conn)

    answer = await cancelled(client, alert_id, all_clear=all_clear)

    assert answer.status == status, answer.text
    async with pool.acquire() as conn:
        assert (await snapshot(conn) == before) is (status == 409)
    if status == 409:
        assert answer.at("type") == "/problems/alert-state"
        assert "completed" in str(answer.at("detail"))


@pytest.mark.parametrize("all_clear", [None, ALL_CLEAR])
async def test_what_is_cancelled_stays_so(client: Client, alert: Body, all_clear: object) -> None:
    alert_id = await posted(client, alert)
    await cancelled(client, alert_id)

    again = await cancelled(client, alert_id, all_clear=all_clear)

    assert (again.status, again.at("type")) == (409, "/problems/alert-state")
    assert "cancelled" in str(again.at("detail"))


async def test_another_agencys_alert_is_not_found(
    api: Api, client: Client, alert: Body, other_agency: Agency
) -> None:
    alert_id = await posted(client, alert)

    theirs = await cancelled(api.client(other_agency.key), alert_id)
    never = await cancelled(client, uuid4())

    assert (theirs.status, never.status) == (404, 404)
    assert (await cancelled(client, alert_id)).status == 202


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"/reason": "required"}),
        ({"reason": " "}, {"/reason": "not_blank"}),
        ({"reason": "x" * 201}, {"/reason": "max_length"}),
        ({"reason": "a\nb"}, {"/reason": "no_control_characters"}),
        ({"reason": 7, "colour": "red"}, {"/reason": "type", "/colour": "unknown_field"}),
        ({"reason": "x", "all_clear": []}, {"/all_clear": "min_items"}),
        ({"reason": "x", "all_clear": "over"}, {"/all_clear": "type"}),
        ({"reason": "x", "all_clear": [INFO, INFO]}, {"/all_clear": "unique"}),
        ({"reason": "x", "all_clear": [INFO | {"headline": ""}]}, {"/all_clear/0/headline": "not_blank"}),
        ({"reason": "x", "all_clear": [INFO | {"to": "all"}]}, {"/all_clear/0/to": "unknown_field"}),
        ([], {"": "type"}),
    ],
)
async def test_a_broken_rule_names_field_and_rule(
    client: Client, alert: Body, pool: Pool, body: object, faults: dict[str, str]
) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        before = await snapshot(conn)

    answer = await change(client, alert_id, "cancel", body)

    assert (answer.status, answer.at("type")) == (422, "/problems/validation"), answer.text
    assert answer.faults == faults
    async with pool.acquire() as conn:
        assert await snapshot(conn) == before


async def test_a_scheduled_alert_is_called_off_before_anybody_hears_of_it(
    client: Client, alert: Body, pool: Pool
) -> None:
    soon = datetime.now().astimezone() + timedelta(hours=1)
    alert_id = await posted(client, alert | {"effective": soon.isoformat()})

    answer = await cancelled(client, alert_id)

    shown = await client.get(f"/v1/alerts/{alert_id}")
    assert (answer.status, shown.at("state"), shown.at("waiting_for")) == (202, "cancelled", [])
    async with pool.acquire() as conn:
        assert await conn.fetchval(
            "SELECT bool_and(done_at IS NOT NULL) FROM fan_out WHERE alert_id = $1", alert_id
        )


@pytest.mark.parametrize("what", ["cancel", "updates"])
async def test_the_ledger_down_is_unavailable(settings: ApiSettings, what: str) -> None:
    async with serving(settings.model_copy(update={"database_url": SecretStr(GONE)})) as api:
        answer = await change(api.client(KEY), UUID(int=7), what, {"reason": "x"})

    assert (answer.status, answer.at("type")) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0
