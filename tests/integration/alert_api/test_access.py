"""Who may do what: 401 without a valid key, 403 without the scope, 404 for another agency's things."""

from uuid import uuid4

import pytest

from tests.integration.alert_api.conftest import Agency, Api, Client, new_agency
from tocsin_store import agencies
from tocsin_store.agencies import Scope
from tocsin_store.pool import Pool

Body = dict[str, object]


@pytest.mark.parametrize(
    "key", [None, "", "tcsn_", "tcsn_0123456789ab_wrong", "tcsn_a\u00e9_x", "x" * 5000, "tcsn__secret"]
)
async def test_without_a_valid_key_nothing_is_told(api: Api, alert: Body, key: str | None) -> None:
    answer = await api.client(key).post(alert)

    assert (answer.status, answer.at("type")) == (401, "/problems/unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_wrong_secret_is_no_key(api: Api, agency: Agency) -> None:
    answer = await api.client(agency.key[:-1] + ("a" if agency.key[-1] != "a" else "b")).get("/v1/alerts")

    assert answer.status == 401


async def test_a_revoked_key_stops(api: Api, agency: Agency, pool: Pool) -> None:
    async with pool.acquire() as conn:
        await agencies.revoke_key(conn, agency.key_id)

    answer = await api.client(agency.key).get("/v1/alerts")

    assert answer.status == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/alerts", Scope.ALERTS_WRITE),
        ("GET", "/v1/alerts", Scope.ALERTS_READ),
        ("GET", f"/v1/alerts/{uuid4()}", Scope.ALERTS_READ),
        ("GET", f"/v1/alerts/{uuid4()}/deliveries", Scope.ALERTS_READ),
        ("GET", f"/v1/alerts/{uuid4()}/acknowledgements", Scope.ALERTS_READ),
        ("GET", "/v1/receipts", Scope.RECEIPTS_READ),
        ("POST", f"/v1/alerts/{uuid4()}/cancel", Scope.ALERTS_WRITE),
        ("POST", f"/v1/alerts/{uuid4()}/updates", Scope.ALERTS_WRITE),
        ("GET", "/v1/suppressions", Scope.SUPPRESSIONS_READ),
        ("GET", f"/v1/suppressions/{uuid4()}", Scope.SUPPRESSIONS_READ),
        ("POST", f"/v1/suppressions/{uuid4()}/lift", Scope.SUPPRESSIONS_WRITE),
    ],
)
async def test_a_key_without_the_scope_may_not(
    api: Api, pool: Pool, method: str, path: str, scope: Scope
) -> None:
    others = tuple(each for each in Scope if each is not scope)
    agency = await new_agency(pool, scopes=others)

    answer = await api.client(agency.key).send(method, path)

    assert (answer.status, answer.at("type")) == (403, "/problems/scope")


@pytest.mark.parametrize("suffix", ["", "/acknowledgements", "/deliveries"])
async def test_another_agencys_alert_is_not_found(
    api: Api, client: Client, alert: Body, other_agency: Agency, suffix: str
) -> None:
    posted = await client.post(alert)

    theirs = await api.client(other_agency.key).get(f"/v1/alerts/{posted.at('id')}{suffix}")
    never = await api.client(other_agency.key).get(f"/v1/alerts/{uuid4()}{suffix}")

    assert (theirs.status, never.status) == (404, 404)
    assert {**dict(theirs.json), "instance": ""} == {**dict(never.json), "instance": ""}  # type: ignore[call-overload] # JSON objects


async def test_another_agencys_alerts_are_not_listed(
    api: Api, client: Client, alert: Body, other_agency: Agency
) -> None:
    await client.post(alert)

    theirs = await api.client(other_agency.key).get("/v1/alerts")

    assert theirs.at("items") == []
