"""What is no proven report of a provider is refused and changes nothing."""

import pytest

from alert_api.settings import ApiSettings
from tests.integration.alert_api.callback_client import STATUS, Providers, kept, receipts_of, status_of
from tests.integration.alert_api.conftest import Api, serving
from tests.support.callers import TWILIO, a_sid, signed, told
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool


@pytest.mark.parametrize("token", ["another token", ""])
async def test_what_nobody_proves_is_refused_and_changes_nothing(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery, token: str
) -> None:
    sid = a_sid()

    answer = await providers.twilio(status_of(claimed), told(sid, "delivered"), token=token)

    assert (answer.status, answer.at("type")) == (403, "/problems/signature")
    assert await kept(pool, sid) == []
    assert await receipts_of(pool, claimed.id) == []


async def test_a_signature_of_another_delivery_proves_nothing(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()

    answer = await providers.twilio(status_of(claimed), told(sid, "delivered"), called=f"{STATUS}?r=another")

    assert answer.status == 403
    assert await kept(pool, sid) == []


async def test_an_account_that_is_not_ours_proves_nothing(providers: Providers) -> None:
    form = {**told(a_sid(), "delivered"), "AccountSid": "AC" + "2" * 32}

    answer = await providers.twilio(STATUS, form)

    assert answer.status == 403


async def test_what_a_stranger_says_of_the_url_is_not_believed(
    providers: Providers, claimed: ClaimedDelivery
) -> None:
    path = status_of(claimed)
    body, headers = signed(path, told(a_sid(), "sent"), base="https://elsewhere.example")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "elsewhere.example"}

    answer = await providers.post(path, body, headers | forwarded)

    assert answer.status == 403


async def test_a_trusted_proxy_says_by_which_url_it_was_called(
    settings: ApiSettings, claimed: ClaimedDelivery
) -> None:
    trusting = ApiSettings.model_validate(
        {**settings.model_dump(), "sms_providers": (TWILIO,), "trusted_proxies": ["127.0.0.0/8"]}
    )
    path = status_of(claimed)
    body, headers = signed(path, told(a_sid(), "sent"), base="https://elsewhere.example")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "elsewhere.example"}

    async with serving(trusting) as api:
        answer = await Providers(api).post(path, body, headers | forwarded)

    assert answer.status == 204


@pytest.mark.parametrize("status", ["received", "receiving", "", "ABSURD"])
async def test_what_is_no_status_of_ours_is_refused(providers: Providers, pool: Pool, status: str) -> None:
    sid = a_sid()

    answer = await providers.twilio(STATUS, told(sid, status))

    assert (answer.status, answer.at("type")) == (400, "/problems/callback")
    assert await kept(pool, sid) == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"a=" + b"b" * 70_000, {"Content-Type": "application/x-www-form-urlencoded"}, 413),
        (b"\xff\xfe=1", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        (b"&".join(b"a=1" for _ in range(300)), {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        (b"", {"Content-Type": "application/x-www-form-urlencoded"}, 403),
    ],
)
async def test_what_is_no_form_is_refused(
    providers: Providers, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await providers.post(STATUS, body, headers)

    assert answer.status == status


@pytest.mark.parametrize("path", [STATUS, "/callbacks/twilio/messages", "/callbacks/notify/status"])
async def test_without_an_account_there_is_no_such_address(api: Api, path: str) -> None:
    body, headers = signed(path, told(a_sid(), "sent"))

    assert (await Providers(api).post(path, body, headers)).status == 404


async def test_only_post_reports(providers: Providers) -> None:
    answer = await providers.api.client(None).get(STATUS)

    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("header", ["Bearer another token", "", "Basic the token of notify"])
async def test_whoever_does_not_show_the_token_is_not_notify(providers: Providers, header: str) -> None:
    answer = await providers.post("/callbacks/notify/status", b"{}", {"Authorization": header})

    assert answer.status == 403


@pytest.mark.parametrize("content", [[], {}, {"id": "x", "reference": None, "status": "delivered"}])
async def test_what_is_no_report_of_notify_is_refused(providers: Providers, content: object) -> None:
    answer = await providers.notify("/callbacks/notify/status", content)

    assert answer.status == 400
