"""POST /v1/alerts/{id}/updates: a new version, to those reached or to everybody now in the audience."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.integration.alert_api.changes import cancelled, change, completed, snapshot, update_of, updated
from tests.integration.alert_api.conftest import SQUARE, Agency, Api, Client
from tests.integration.alert_api.ledger_rows import add_deliveries, posted
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import AlertUpdated
from tocsin_schemas.words import Lane
from tocsin_store.pool import Pool

Body = dict[str, object]

INFO = {"language": "en-GB", "headline": "Flood, worse", "description": "The bridge is closed."}
AREA = {"geometry": SQUARE, "name": "Riverside"}


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def test_those_reached_get_the_correction(
    client: Client, alert: Body, pool: Pool, agency: Agency
) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await add_deliveries(conn, alert_id, count=3)

    answer = await updated(client, alert_id, alert, severity="minor", info=[INFO])

    assert answer.status == 202, answer.text
    assert answer.headers["Location"] == f"/v1/alerts/{alert_id}"
    assert [answer.at(name) for name in ("id", "version", "state", "lane", "handover")] == [
        str(alert_id),
        2,
        "live",
        "routine",
        "delayed",
    ]
    async with pool.acquire() as conn:
        fan_out = await conn.fetchrow("SELECT * FROM fan_out WHERE alert_id = $1 AND version = 2", alert_id)
        actors = await conn.fetch(
            "SELECT actor, action FROM audit WHERE subject = $1 ORDER BY id", str(alert_id)
        )
        bell = await conn.fetchrow("SELECT * FROM outbox WHERE key = $1 ORDER BY id DESC", alert_id)
    assert fan_out is not None
    assert bell is not None
    assert (fan_out["reached"], fan_out["channel"], fan_out["lane"]) == (True, "email", "routine")
    assert tuple(actors[-1]) == (agency.key_id, "alert updated")
    assert (bell["topic"], bell["event_type"]) == ("alerts", "io.tocsin.alert.updated.v1")
    assert decode(AlertUpdated, bell["value"]) == AlertUpdated(
        alert_id=alert_id, alert_version=2, lane=Lane.ROUTINE
    )


async def test_what_is_left_out_is_as_it_was(client: Client, alert: Body) -> None:
    alert_id = await posted(client, alert)
    await updated(client, alert_id, alert, info=[INFO])

    shown = await client.get(f"/v1/alerts/{alert_id}")

    assert [shown.at(name) for name in ("version", "message_type", "to", "channels")] == [
        2,
        "update",
        "reached",
        ["email"],
    ]
    assert shown.at("areas", 0, "code") == "E05000001"
    assert shown.at("info", 0, "headline") == "Flood, worse"


async def test_an_audience_is_whoever_is_there_now(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)

    answer = await updated(client, alert_id, alert, to="audience", areas=[AREA], purpose="service")

    assert answer.status == 202, answer.text
    async with pool.acquire() as conn:
        shapes = await conn.fetchval(
            "SELECT count(*) FROM alert_shape WHERE alert_id = $1 AND version = 2", alert_id
        )
        row = await conn.fetchrow("SELECT version, purpose FROM alert WHERE id = $1", alert_id)
        reached = await conn.fetchval(
            "SELECT reached FROM fan_out WHERE alert_id = $1 AND version = 2", alert_id
        )
    assert row is not None
    assert (shapes, tuple(row), reached) == (1, (2, "service"), False)


async def test_every_version_is_counted_and_shown(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await add_deliveries(conn, alert_id, count=3)
    tag = (await client.get(f"/v1/alerts/{alert_id}")).headers["ETag"]
    await updated(client, alert_id, alert)
    await updated(client, alert_id, alert, to="audience", areas=[AREA])

    shown = await client.get(f"/v1/alerts/{alert_id}", **{"If-None-Match": tag})

    names = ("version", "message_type", "to", "deliveries", "states")
    assert [[shown.at("versions", n, name) for name in names] for n in range(3)] == [
        [1, "alert", "audience", 3, {"pending": 3}],
        [2, "update", "reached", 0, {}],
        [3, "update", "audience", 0, {}],
    ]
    assert shown.at("progress", "deliveries") == 0
    assert datetime.fromisoformat(str(shown.at("versions", 0, "created_at"))) < datetime.fromisoformat(
        str(shown.at("versions", 2, "created_at"))
    )


async def test_a_count_of_an_earlier_version_changes_the_tag(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    await updated(client, alert_id, alert)
    tag = (await client.get(f"/v1/alerts/{alert_id}")).headers["ETag"]

    same = await client.get(f"/v1/alerts/{alert_id}", **{"If-None-Match": tag})
    async with pool.acquire() as conn:
        await add_deliveries(conn, alert_id, count=1)
    moved = await client.get(f"/v1/alerts/{alert_id}", **{"If-None-Match": tag})

    assert (same.status, moved.status) == (304, 200)


@pytest.mark.parametrize(("days_ago", "status"), [(0, 202), (6.9, 202), (7.1, 409)])
async def test_a_completed_alert_can_be_updated_for_a_week(
    client: Client, alert: Body, pool: Pool, days_ago: float, status: int
) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await completed(conn, alert_id, days_ago=days_ago)

    answer = await updated(client, alert_id, alert)

    assert answer.status == status, answer.text
    shown = await client.get(f"/v1/alerts/{alert_id}")
    assert shown.at("state") == ("live" if status == 202 else "completed")


async def test_a_cancelled_alert_is_not_updated(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    await cancelled(client, alert_id)
    async with pool.acquire() as conn:
        before = await snapshot(conn)

    answer = await updated(client, alert_id, alert)

    assert (answer.status, answer.at("type")) == (409, "/problems/alert-state")
    assert "cancelled" in str(answer.at("detail"))
    async with pool.acquire() as conn:
        assert await snapshot(conn) == before


async def test_another_agencys_alert_is_not_found(
    api: Api, client: Client, alert: Body, other_agency: Agency
) -> None:
    alert_id = await posted(client, alert)

    theirs = await updated(api.client(other_agency.key), alert_id, alert)
    never = await updated(client, uuid4(), alert)

    assert (theirs.status, never.status) == (404, 404)


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"to": "everybody"}, {"/to": "enum"}),
        ({"to": None}, {"/to": "enum"}),
        ({"to": "audience"}, {"/areas": "required"}),
        ({"to": "audience", "areas": []}, {"/areas": "min_items"}),
        ({"to": "audience", "areas": [{"code": "E05999999"}]}, {"/areas/0/code": "known_area"}),
        ({"to": "audience", "areas": [AREA], "channels": []}, {"/channels": "min_items"}),
        ({"to": "audience", "areas": [AREA], "channels": ["email", "email"]}, {"/channels": "unique"}),
        ({"channels": ["email"]}, {"/channels": "not_with_reached"}),
        ({"areas": [{"code": "E05999999"}]}, {"/areas/0/code": "known_area"}),
        ({"purpose": "service"}, {"/purpose": "same_purpose"}),
        ({"purpose": "fun"}, {"/purpose": "enum"}),
        ({"status": "exercise"}, {"/status": "same_status"}),
        ({"status": ["exercise"]}, {"/status": "enum"}),
        ({"effective": in_hours(1)}, {"/effective": "not_scheduled"}),
        ({"expires": in_hours(49)}, {"/expires": "max_expiry"}),
        ({"expires": in_hours(-1)}, {"/expires": "in_future"}),
        ({"info": []}, {"/info": "min_items"}),
        ({"message_type": "update"}, {"/message_type": "unknown_field"}),
        (
            {"severity": "bad", "channels": ["email"], "purpose": "service", "areas": [{"code": "no"}]},
            {
                "/severity": "enum",
                "/channels": "not_with_reached",
                "/purpose": "same_purpose",
                "/areas/0/code": "known_area",
            },
        ),
    ],
)
async def test_a_broken_rule_names_field_and_rule(
    client: Client, alert: Body, pool: Pool, fields: Body, faults: dict[str, str]
) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        before = await snapshot(conn)

    answer = await change(client, alert_id, "updates", update_of(alert) | fields)

    assert (answer.status, answer.at("type")) == (422, "/problems/validation"), answer.text
    assert answer.faults == faults
    async with pool.acquire() as conn:
        assert await snapshot(conn) == before


@pytest.mark.parametrize("body", [[], "x", 7])
async def test_json_that_is_no_object_breaks_a_rule(client: Client, alert: Body, body: object) -> None:
    alert_id = await posted(client, alert)

    answer = await change(client, alert_id, "updates", body)

    assert (answer.status, answer.faults) == (422, {"": "type"})
