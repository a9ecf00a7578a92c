"""What holds for every path: methods, unknown paths, request ids, limits, pages."""

from datetime import timedelta
from io import BytesIO

import pytest

from alert_api.problems import PROBLEMS
from alert_api.settings import ApiSettings
from tests.integration.alert_api.conftest import Agency, Api, Client, serving


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/alerts", "GET, POST"),
        ("PROPFIND", "/v1/alerts", "GET, POST"),
        ("POST", "/v1/receipts", "GET"),
        ("PUT", "/s/token", "GET, HEAD, POST"),
        ("PUT", "/u/token", "GET, HEAD, POST"),
        ("POST", "/health", "GET"),
        ("GET", "/v1/alerts/01a1fd00-0000-7000-8000-000000000000/cancel", "POST"),
        ("POST", "/v1/suppressions", "GET"),
    ],
)
async def test_another_method_is_refused_and_the_allowed_are_told(
    client: Client, method: str, path: str, allow: str
) -> None:
    answer = await client.send(method, path)

    assert (answer.status, answer.at("type")) == (405, "/problems/method")
    assert answer.headers["Allow"] == allow


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1/nothing", "/v1/alerts/7", "/v1/alerts/", "/problems/nothing"]
)
async def test_an_unknown_path_is_not_found(client: Client, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status, answer.at("type")) == (404, "/problems/not-found")


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("limit=0", {"limit": "minimum"}),
        ("limit=501", {"limit": "maximum"}),
        ("limit=x", {"limit": "type"}),
        ("sort=asc", {"sort": "unknown_field"}),
        ("after=x", {"after": "cursor"}),
        ("after=%00", {"after": "cursor"}),
        ("after=AgAAAAAAAAAAAAAAAA", {"after": "cursor"}),
    ],
)
async def test_a_wrong_parameter_is_named(client: Client, query: str, faults: dict[str, str]) -> None:
    answer = await client.get(f"/v1/alerts?{query}")

    assert (answer.status, answer.faults) == (400, faults)


async def test_a_request_id_is_given_back(client: Client) -> None:
    given = await client.get("/v1/alerts", **{"X-Request-Id": "abc-1"})
    made = await client.get("/v1/alerts", **{"X-Request-Id": "no spaces please"})

    assert given.headers["X-Request-Id"] == "abc-1"
    assert made.headers["X-Request-Id"] not in {"", "no spaces please"}


async def test_limits_are_told_and_kept(settings: ApiSettings, agency: Agency) -> None:
    limited = settings.model_copy(update={"rate_limit": 2, "rate_window": timedelta(seconds=60)})
    async with serving(limited) as api:
        client = api.client(agency.key)

        answers = [await client.get("/v1/alerts") for _ in range(3)]
        oversized = await client.send("POST", "/v1/alerts", data=BytesIO(b" " * 2_000_000))

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"agency";q=2;w=60'
    assert answers[0].headers["RateLimit"].startswith('"agency";r=1;t=')
    assert answers[2].at("type") == "/problems/rate-limit"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert oversized.status == 429


async def test_guessing_keys_is_limited(settings: ApiSettings) -> None:
    async with serving(settings.model_copy(update={"rate_limit_strangers": 2})) as api:
        guesses = [await api.client("tcsn_0123456789ab_x").get("/v1/alerts") for _ in range(4)]
        healthy = await api.client(None).get("/health")

    assert [answer.status for answer in guesses] == [401, 401, 429, 429]
    assert healthy.status == 200


@pytest.mark.parametrize("slug", PROBLEMS)
async def test_every_problem_has_a_page(client: Client, slug: str) -> None:
    page = await client.get(f"/problems/{slug}")

    assert page.status == 200
    assert "What to do" in page.text


async def test_the_description_and_its_page_need_nothing_from_elsewhere(client: Client) -> None:
    document = await client.get("/openapi.json")
    page = await client.get("/docs")

    assert document.at("paths", "/v1/alerts", "post", "responses", "202")
    for model in ("AlertPost", "AlertUpdate", "CancelPost", "LiftPost", "SuppressionView", "VersionView"):
        assert document.at("components", "schemas", model)
    assert "HTTPValidationError" not in document.text
    assert "/v1/receipts" in page.text
    assert "<script" not in page.text
    assert "//" not in page.text.replace("http://localhost", "").replace("https?://", "")


async def test_metrics_have_no_ids_in_labels(api: Api, client: Client) -> None:
    await client.get("/v1/alerts/01a1fd00-0000-7000-8000-000000000000")
    await client.send("PROPFIND", "/v1/alerts")

    metrics = await api.client(None).get("/metrics")

    wanted = 'tocsin_http_requests_total{method="GET",route="/v1/alerts/{alert_id}",status="404"} 1.0'
    assert wanted in metrics.text
    assert "01a1fd00" not in metrics.text
    assert "PROPFIND" not in metrics.text


async def test_ready_says_what_is_down(client: Client) -> None:
    answer = await client.get("/ready")

    assert answer.status == 200
    assert answer.json == {"ready": True, "database": "up", "kafka": "down"}
