"""/v1/suppressions: what led there is shown, the address never; an agency sees and lifts its own."""

from typing import cast
from uuid import UUID, uuid4

import pytest

from tests.integration.alert_api.conftest import Agency, Answer, Api, Client
from tests.integration.alert_api.ledger_rows import every
from tocsin_store.pool import Pool

ADDRESS = "ada@homes.example"


async def suppressed(pool: Pool, agency: Agency, *, channel: str = "email", lifted: bool = False) -> UUID:
    """A suppression as the mail door's strikes make it."""
    found: UUID = await pool.fetchval(
        """
        INSERT INTO suppression (channel, address, kind, scope, reason, provider_status, strikes, delivery_id, alert_id,
                                 agency_id, lifted_at)
        VALUES ($1, $2, 'hard', 'all', 'address_unknown', '550 5.1.1', 2, $3, $4, $5, CASE WHEN $6 THEN now() END)
        RETURNING id
        """,
        channel,
        f"{uuid4().hex}.{ADDRESS}",
        uuid4(),
        uuid4(),
        agency.id,
        lifted,
    )
    return found


async def lifted(client: Client, suppression: UUID, *, key: str | None = None, body: object = None) -> Answer:
    return await client.send(
        "POST",
        f"/v1/suppressions/{suppression}/lift",
        json={"reason": "The member confirmed it"} if body is None else body,
        headers={} if key is None else {"Idempotency-Key": key},
    )


def ids(items: object) -> list[str]:
    return [str(each["id"]) for each in cast("list[dict[str, object]]", items)]


async def test_what_led_there_is_shown_without_the_address(
    client: Client, pool: Pool, agency: Agency
) -> None:
    suppression = await suppressed(pool, agency)

    answer = await client.get(f"/v1/suppressions/{suppression}")

    assert answer.status == 200, answer.text
    assert set(cast("dict[str, object]", answer.json)) == {
        "id",
        "channel",
        "kind",
        "scope",
        "reason",
        "provider_status",
        "strikes",
        "delivery_id",
        "alert_id",
        "created_at",
        "lifted_at",
    }
    assert [answer.at(name) for name in ("reason", "provider_status", "strikes", "lifted_at")] == [
        "address_unknown",
        "550 5.1.1",
        2,
        None,
    ]
    assert ADDRESS not in answer.text


async def test_they_are_listed_each_once_oldest_first(client: Client, pool: Pool, agency: Agency) -> None:
    wanted = [str(await suppressed(pool, agency)) for _ in range(5)]

    listed = await every(client, "/v1/suppressions")

    assert ids(listed) == wanted


async def test_they_are_told_apart_by_channel_and_whether_they_hold(
    client: Client, pool: Pool, agency: Agency
) -> None:
    email = await suppressed(pool, agency)
    sms = await suppressed(pool, agency, channel="email", lifted=True)

    holding = await client.get("/v1/suppressions?active=true")
    over = await client.get("/v1/suppressions?active=false")
    both = await client.get("/v1/suppressions?channel=email")

    assert ids(holding.at("items")) == [str(email)]
    assert ids(over.at("items")) == [str(sms)]
    assert len(ids(both.at("items"))) == 2


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("active=yes", {"active": "enum"}),
        ("channel=fax", {"channel": "enum"}),
        ("address=x", {"address": "unknown_field"}),
        ("after=x", {"after": "cursor"}),
    ],
)
async def test_a_wrong_parameter_is_named(client: Client, query: str, faults: dict[str, str]) -> None:
    answer = await client.get(f"/v1/suppressions?{query}")

    assert (answer.status, answer.faults) == (400, faults)


async def test_another_agencys_are_not_found(
    api: Api, client: Client, pool: Pool, agency: Agency, other_agency: Agency
) -> None:
    suppression = await suppressed(pool, agency)
    other = api.client(other_agency.key)

    shown = await other.get(f"/v1/suppressions/{suppression}")
    listed = await other.get("/v1/suppressions")
    refused = await lifted(other, suppression)

    assert (shown.status, listed.at("items"), refused.status) == (404, [], 404)
    assert (await client.get(f"/v1/suppressions/{suppression}")).at("lifted_at") is None


async def test_lifting_twice_is_lifting_once(client: Client, pool: Pool, agency: Agency) -> None:
    suppression = await suppressed(pool, agency)

    first = await lifted(client, suppression)
    again = await lifted(client, suppression)

    assert first.status == 200, first.text
    assert first.at("lifted_at")
    assert (again.status, again.json) == (200, first.json)
    noted = await pool.fetch("SELECT actor, action FROM audit WHERE subject = $1", str(suppression))
    assert [tuple(row) for row in noted] == [(agency.key_id, "suppression lifted")]


async def test_a_key_is_honoured_where_it_is_given(client: Client, pool: Pool, agency: Agency) -> None:
    suppression = await suppressed(pool, agency)

    first = await lifted(client, suppression, key="one")
    again = await lifted(client, suppression, key="one")
    other = await lifted(client, suppression, key="one", body={"reason": "Another"})
    malformed = await lifted(client, suppression, key="white space")

    assert (again.status, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.at("type")) == (422, "/problems/idempotency-mismatch")
    assert (malformed.status, malformed.at("type")) == (400, "/problems/idempotency-key")


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"/reason": "required"}),
        ({"reason": ""}, {"/reason": "not_blank"}),
        ({"reason": "x", "address": ADDRESS}, {"/address": "unknown_field"}),
    ],
)
async def test_a_broken_rule_names_field_and_rule(
    client: Client, pool: Pool, agency: Agency, body: object, faults: dict[str, str]
) -> None:
    suppression = await suppressed(pool, agency)

    answer = await lifted(client, suppression, body=body)

    assert (answer.status, answer.faults) == (422, faults)
    assert (await client.get(f"/v1/suppressions/{suppression}")).at("lifted_at") is None
