"""POST /v1/alerts: every rule of bad input is a 4xx problem that names field and rule, and nothing is stored."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest

from tests.integration.alert_api.conftest import SQUARE, Client
from tocsin_store.pool import Pool

Body = dict[str, object]

BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[-2.70, 53.75], [-2.69, 53.76], [-2.69, 53.75], [-2.70, 53.76], [-2.70, 53.75]]],
}
PARIS = {"type": "Polygon", "coordinates": [[[2.3, 48.8], [2.4, 48.8], [2.4, 48.9], [2.3, 48.8]]]}
INFO = {"language": "en-GB", "headline": "Flood", "description": "The river rises."}


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


@pytest.fixture(autouse=True)
async def nothing_stored(pool: Pool) -> AsyncIterator[None]:
    count = "SELECT (SELECT count(*) FROM alert) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM idempotency)"
    async with pool.acquire() as conn:
        before = await conn.fetchval(count)
    yield
    async with pool.acquire() as conn:
        assert await conn.fetchval(count) == before


@pytest.mark.parametrize(
    ("change", "pointer", "rule"),
    [
        ({"colour": "red"}, "/colour", "unknown_field"),
        ({"info": [INFO | {"titel": "x"}]}, "/info/0/titel", "unknown_field"),
        ({"severity": 3}, "/severity", "enum"),
        ({"info": "Flood"}, "/info", "type"),
        ({"info": [INFO | {"headline": 7}]}, "/info/0/headline", "type"),
        ({"info": []}, "/info", "min_items"),
        ({"info": [INFO | {"headline": ""}]}, "/info/0/headline", "not_blank"),
        ({"info": [INFO | {"description": " \n "}]}, "/info/0/description", "not_blank"),
        ({"info": [INFO | {"headline": "x" * 201}]}, "/info/0/headline", "max_length"),
        ({"info": [INFO | {"description": "x" * 20_001}]}, "/info/0/description", "max_length"),
        ({"info": [INFO | {"headline": "a\r\nBcc: b"}]}, "/info/0/headline", "no_control_characters"),
        ({"info": [INFO | {"headline": "a\u2028b"}]}, "/info/0/headline", "no_control_characters"),
        ({"info": [INFO | {"description": "a\0b"}]}, "/info/0/description", "no_control_characters"),
        ({"info": [INFO, INFO | {"language": "EN-gb"}]}, "/info", "unique"),
        ({"info": [INFO | {"language": "english!"}]}, "/info/0/language", "pattern"),
        ({"info": [INFO | {"web": "javascript:alert(1)"}]}, "/info/0/web", "pattern"),
        ({"areas": []}, "/areas", "min_items"),
        ({"areas": [{}]}, "/areas/0", "one_of"),
        ({"areas": [{"code": "E05999999"}]}, "/areas/0/code", "known_area"),
        ({"areas": [{"code": "E05\0"}]}, "/areas/0/code", "known_area"),
        ({"areas": [{"code": "E05000001", "geometry": SQUARE}]}, "/areas/0", "one_of"),
        ({"areas": [{"geometry": BOW_TIE}]}, "/areas/0/geometry/coordinates", "valid_polygon"),
        ({"areas": [{"geometry": PARIS}]}, "/areas/0/geometry/coordinates", "area_of_use"),
        ({"areas": [{"geometry": {"type": "Point"}}]}, "/areas/0/geometry/type", "enum"),
        ({"areas": [{"geometry": SQUARE | {"bbox": ["\0"]}}]}, "/areas/0/geometry/bbox", "bbox"),
        (
            {"areas": [{"circle": {"center": [2.3, 48.8], "radius_m": 9}}]},
            "/areas/0/circle/center",
            "area_of_use",
        ),
        (
            {"areas": [{"circle": {"center": [-2.7, 53.7], "radius_m": 0}}]},
            "/areas/0/circle/radius_m",
            "minimum",
        ),
        (
            {"areas": [{"circle": {"center": [10**400, 5], "radius_m": 9}}]},
            "/areas/0/circle/center",
            "area_of_use",
        ),
        (
            {"areas": [{"circle": {"center": [-2.7, 53.7], "radius_m": 10**400}}]},
            "/areas/0/circle/radius_m",
            "maximum",
        ),
        ({"areas": [{"geometry": SQUARE | {"bbox": [10**400] * 4}}]}, "/areas/0/geometry/bbox", "bbox"),
        ({"areas": [{"geometry": 7}]}, "/areas/0/geometry", "type"),
        ({"areas": 7}, "/areas", "type"),
        ({"expires": in_hours(-1)}, "/expires", "in_future"),
        ({"expires": in_hours(49)}, "/expires", "max_expiry"),
        ({"expires": "2026-11-21T18:00:00"}, "/expires", "time_zone"),
        ({"expires": 1_800_000_000}, "/expires", "type"),
        ({"expires": "tomorrow"}, "/expires", "date_time"),
        ({"effective": in_hours(31 * 24)}, "/effective", "max_effective"),
        ({"effective": in_hours(2), "expires": in_hours(1)}, "/expires", "after_effective"),
        ({"effective": in_hours(2), "expires": in_hours(51)}, "/expires", "max_expiry"),
        ({"channels": ["carrier-pigeon"]}, "/channels/0", "enum"),
        ({"channels": []}, "/channels", "min_items"),
        ({"channels": ["email", "email"]}, "/channels", "unique"),
        ({"purpose": "fun"}, "/purpose", "enum"),
        ({"category": "Flood"}, "/category", "pattern"),
        ({"status": "draft"}, "/status", "enum"),
        ({"approvals": []}, "/approvals", "unknown_field"),
    ],
)
async def test_a_broken_rule_names_field_and_rule(
    client: Client, alert: Body, change: Body, pointer: str, rule: str
) -> None:
    answer = await client.post(alert | change)

    assert answer.status == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.at("type") == "/problems/validation"
    assert answer.faults.get(pointer) == rule, answer.text


async def test_all_faults_are_told_at_once_each_once(client: Client, alert: Body) -> None:
    body = alert | {
        "purpose": "fun",
        "expires": in_hours(-1),
        "areas": [{"code": "no"}, {"geometry": BOW_TIE}],
    }
    del body["category"]

    answer = await client.post(body)

    assert answer.faults == {
        "/purpose": "enum",
        "/expires": "in_future",
        "/category": "required",
        "/areas/0/code": "known_area",
        "/areas/1/geometry/coordinates": "valid_polygon",
    }


async def test_no_value_is_echoed(client: Client, alert: Body) -> None:
    secret = "07700900123"

    answer = await client.post(alert | {"purpose": secret, "reference": [secret], "expires": secret})

    assert answer.status == 422
    assert secret not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b'{"a": NaN}', b'"\xff"', b'"\\ud800"', b"{} {}"],
    ids=["empty", "cut", "deep", "nan", "not-utf8", "surrogate", "two"],
)
async def test_what_is_not_json_is_malformed(client: Client, body: bytes) -> None:
    answer = await client.send(
        "POST", "/v1/alerts", data=body, headers={"Content-Type": "application/json", "Idempotency-Key": "k"}
    )

    assert (answer.status, answer.at("type")) == (400, "/problems/malformed")


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"'])
async def test_json_that_is_no_object_breaks_a_rule(client: Client, body: bytes) -> None:
    answer = await client.send(
        "POST", "/v1/alerts", data=body, headers={"Content-Type": "application/json", "Idempotency-Key": "k"}
    )

    assert answer.status == 422
    assert answer.faults == {"": "type"}


async def test_two_megabytes_are_too_large(client: Client) -> None:
    answer = await client.send(
        "POST",
        "/v1/alerts",
        data=BytesIO(b" " * 2_000_000),
        headers={"Content-Type": "application/json", "Idempotency-Key": "k"},
    )

    assert (answer.status, answer.at("type")) == (413, "/problems/too-large")


async def test_two_megabytes_in_chunks_are_too_large(client: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * 65_536

    answer = await client.send(
        "POST",
        "/v1/alerts",
        data=chunks(),
        headers={"Content-Type": "application/json", "Idempotency-Key": "k"},
    )

    assert (answer.status, answer.at("type")) == (413, "/problems/too-large")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
async def test_another_media_type_is_refused(client: Client, media_type: str) -> None:
    answer = await client.send(
        "POST", "/v1/alerts", data=b"{}", headers={"Content-Type": media_type, "Idempotency-Key": "k"}
    )

    assert (answer.status, answer.at("type")) == (415, "/problems/media-type")


@pytest.mark.parametrize("key", [None, "", "white space", "x" * 256])
async def test_an_alert_needs_an_idempotency_key(client: Client, alert: Body, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}

    answer = await client.send("POST", "/v1/alerts", json=alert, headers=headers)

    assert (answer.status, answer.at("type")) == (400, "/problems/idempotency-key")
    assert answer.faults == {"Idempotency-Key": "required"}


async def test_unknown_query_parameters_are_refused(client: Client, alert: Body) -> None:
    answer = await client.send(
        "POST", "/v1/alerts?dry_run=1", json=alert, headers={"Idempotency-Key": str(uuid4())}
    )

    assert (answer.status, answer.faults) == (400, {"dry_run": "unknown_parameter"})
