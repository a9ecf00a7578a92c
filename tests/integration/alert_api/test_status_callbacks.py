"""What providers report becomes receipts: once each, proven, whatever the order."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from alert_api.settings import ApiSettings
from tests.integration.alert_api.callback_client import Providers, kept, receipts_of
from tests.integration.alert_api.conftest import Api, serving
from tests.support.callers import NOTIFY, PUBLIC, TWILIO, a_sid, signed, told
from tests.support.eventually import eventually
from tests.support.phones import Sending, a_phone, a_sender, sending, took
from tocsin_runtime.tokens import sign_callback
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool

STATUS = "/callbacks/twilio/status"


@pytest.fixture
async def providers(settings: ApiSettings) -> AsyncIterator[Providers]:
    async with serving(
        settings.model_copy(update={"sms_providers": (TWILIO, NOTIFY), "public_url": PUBLIC})
    ) as api:
        yield Providers(api)


@pytest.fixture
async def waiting(pool: Pool) -> Sending:
    agency, _ = await a_sender(pool)
    await a_phone(pool, agency)
    return await sending(pool, agency)


@pytest.fixture
async def claimed(waiting: Sending) -> ClaimedDelivery:
    return (await waiting.claimed()).taken[0]


def status_of(claimed: ClaimedDelivery) -> str:
    return f"{STATUS}?r={sign_callback(b'k' * 32, claimed.id, fence=claimed.fence)}"


async def test_a_report_becomes_a_receipt_of_its_fence(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()

    answer = await providers.twilio(status_of(claimed), told(sid, "delivered"))

    assert answer.status == 204
    (receipt,) = await receipts_of(pool, claimed.id)
    assert (receipt["kind"], receipt["fence"], receipt["provider_ref"]) == ("delivered", claimed.fence, sid)
    assert (receipt["provider"], receipt["provider_status"]) == ("twilio", "delivered")


async def test_steps_on_the_way_are_told_of_too(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()

    for status in ("sent", "delivered", "queued"):
        await providers.twilio(status_of(claimed), told(sid, status))

    kinds = [receipt["kind"] for receipt in await receipts_of(pool, claimed.id)]
    assert kinds == ["accepted", "delivered", "accepted"]


async def test_a_handset_that_is_off_is_tried_again_later(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    await providers.twilio(status_of(claimed), told(a_sid(), "undelivered", code="30003"))

    (receipt,) = await receipts_of(pool, claimed.id)
    assert (receipt["kind"], receipt["state"], receipt["reason"]) == ("failed", "sent", "handset_unreachable")
    assert receipt["due_at"] is not None
    assert receipt["provider_status"] == "undelivered 30003"


async def test_a_report_told_fifty_times_at_once_changes_what_one_does(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid, path = a_sid(), status_of(claimed)

    answers = await asyncio.gather(*(providers.twilio(path, told(sid, "delivered")) for _ in range(50)))
    again = await providers.twilio(path, told(sid, "delivered"))

    assert {answer.status for answer in [*answers, again]} == {204}
    assert len(await receipts_of(pool, claimed.id)) == 1
    assert len(await kept(pool, sid)) == 1


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


async def test_a_reference_that_is_not_ours_is_kept_until_the_message_is_known(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    forged = f"{STATUS}?r={sign_callback(b'another key' * 3, claimed.id, fence=claimed.fence)}"
    sid = a_sid()

    answer = await providers.twilio(forged, told(sid, "delivered"))

    assert answer.status == 204
    (row,) = await kept(pool, sid)
    assert row["delivery_id"] is None


async def test_a_report_told_again_with_its_reference_is_not_lost(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()
    await providers.twilio(STATUS, told(sid, "delivered"))

    await asyncio.gather(
        providers.twilio(STATUS, told(sid, "delivered")),
        providers.twilio(status_of(claimed), told(sid, "delivered")),
    )

    assert len(await receipts_of(pool, claimed.id)) == 1
    assert [row["delivery_id"] for row in await kept(pool, sid)] == [claimed.id]


async def test_a_report_that_came_first_finds_its_delivery_later(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = a_sid()
    await providers.twilio(STATUS, told(sid, "sent"))
    await providers.twilio(STATUS, told(sid, "delivered"))

    await took(pool, delivery=claimed.id, fence=claimed.fence, ref=sid)

    async def joined() -> bool:
        return len(await receipts_of(pool, claimed.id)) == 2

    await eventually(joined)
    assert {row["delivery_id"] for row in await kept(pool, sid)} == {claimed.id}


async def test_a_message_that_is_known_needs_no_reference(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    sid = await took(pool, delivery=claimed.id, fence=claimed.fence)

    await providers.twilio(STATUS, told(sid, "delivered"))

    assert len(await receipts_of(pool, claimed.id)) == 1


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


async def test_notify_reports_by_our_reference(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    reference = sign_callback(b"k" * 32, claimed.id, fence=claimed.fence)
    report = {"id": str(uuid4()), "reference": reference, "status": "permanent-failure", "to": "07700900001"}

    answer = await providers.notify("/callbacks/notify/status", report)

    assert answer.status == 204
    (receipt,) = await receipts_of(pool, claimed.id)
    assert (receipt["kind"], receipt["reason"]) == ("failed", "address_unknown")


@pytest.mark.parametrize("header", ["Bearer another token", "", "Basic the token of notify"])
async def test_whoever_does_not_show_the_token_is_not_notify(providers: Providers, header: str) -> None:
    answer = await providers.post("/callbacks/notify/status", b"{}", {"Authorization": header})

    assert answer.status == 403


@pytest.mark.parametrize("content", [[], {}, {"id": "x", "reference": None, "status": "delivered"}])
async def test_what_is_no_report_of_notify_is_refused(providers: Providers, content: object) -> None:
    answer = await providers.notify("/callbacks/notify/status", content)

    assert answer.status == 400


async def test_a_report_that_blames_the_sender_holds_it(
    providers: Providers, pool: Pool, claimed: ClaimedDelivery
) -> None:
    await providers.twilio(status_of(claimed), told(a_sid(), "undelivered", code="30018"))

    (receipt,) = await receipts_of(pool, claimed.id)
    agency = await pool.fetchval("SELECT agency_id FROM alert WHERE id = $1::uuid", receipt["alert_id"])
    held = await pool.fetchval("SELECT reason FROM pause WHERE route = $1", f"sender:{agency}")
    assert held == receipt["reason"]
    assert receipt["due_at"] is not None


async def test_what_is_counted_names_provider_and_status(providers: Providers) -> None:
    await providers.twilio(STATUS, told(a_sid(), "sent"))
    await providers.twilio(STATUS, told(a_sid(), "absurd"))
    await providers.twilio(STATUS, told(a_sid(), "sent"), token="another")

    shown = (await providers.api.client(None).get("/metrics")).text
    assert 'tocsin_callbacks_total{provider="twilio",status="sent"} 1.0' in shown
    assert 'tocsin_callbacks_total{provider="twilio",status="unknown"} 1.0' in shown
    assert 'tocsin_callbacks_unproven_total{kind="twilio"} 1.0' in shown
    assert 'route="/callbacks/twilio/status"' in shown
