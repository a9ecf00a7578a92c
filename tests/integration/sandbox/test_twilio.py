"""The stand-in for Twilio, spoken to by Twilio's own SDK."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient

from tests.integration.sandbox.clients import (
    ACCOUNT,
    PHONE,
    SETTINGS,
    THE_SDKS_WAY,
    TOKEN,
    Twilio,
    soon,
    twilio_client,
)
from tests.support.eventually import eventually
from tocsin_sandbox.sandbox import Sandbox
from tocsin_sandbox.settings import Settings

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk

pytestmark = THE_SDKS_WAY

SERVICE = "MG" + "2" * 32


@pytest.fixture
async def swift(office: "Desk", twilio: Twilio) -> Twilio:
    """A Twilio without a queue, that delivers at once."""
    await office.turn("twilio", segments_per_s=None, delivered_after_s={"least": 0, "most": 0})
    return twilio


async def status_of(twilio: Twilio, sid: str, *, among: set[str]) -> str:
    """Its status, once it is one of these."""

    async def look() -> str:
        status = str((await twilio.fetch(sid)).status)
        return status if status in among else ""

    return await eventually(look)


async def test_a_text_is_taken_and_delivered(office: "Desk", swift: Twilio) -> None:
    taken = await swift.create(body="Café €", status_callback="http://127.0.0.1:9/status?r=d1.1.mac")

    assert (taken.status, taken.num_segments, taken.price, taken.error_code) == ("queued", "1", None, None)
    assert await status_of(swift, str(taken.sid), among={"delivered"})
    delivered = await swift.fetch(str(taken.sid))
    assert (delivered.price, delivered.body, delivered.account_sid) == ("-0.04630", "Café €", ACCOUNT)
    refs = await office.json("/api/texts/refs")
    assert refs == {"items": [{"number": 1, "reference": "d1.1.mac"}], "next": None}


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"to": ""}, 400, 21604),
        ({"from_": ""}, 400, 21603),
        ({"body": ""}, 400, 21602),
        ({"body": "x" * 1_601}, 400, 21617),
        ({"to": "+44"}, 400, 21211),
        ({"to": "07700900123"}, 400, 21211),
        ({"from_": "far too long a name"}, 400, 21212),
        ({"from_": None, "messaging_service_sid": "MG1"}, 400, 21212),
        ({"status_callback": "nowhere"}, 400, 21609),
        ({"validity_period": 36_001}, 400, 90007),
        ({"schedule_type": "fixed"}, 400, 35118),
    ],
)
async def test_what_will_not_do_is_refused_with_twilios_code(
    asked: dict[str, object], status: int, code: int, twilio: Twilio
) -> None:
    assert await twilio.refusal(**asked) == (status, code)


async def test_a_wrong_token_is_refused(office: "Desk") -> None:
    async with AsyncTwilioHttpClient() as http:
        stranger = Twilio(twilio_client(http, port=office.sandbox.http_port, token="wrong"))

        assert await stranger.refusal() == (401, 20003)


async def test_without_credentials_everyone_is_refused(desk: "Desk") -> None:
    async with AsyncTwilioHttpClient() as http:
        assert await Twilio(twilio_client(http, port=desk.sandbox.http_port)).refusal() == (401, 20003)


async def test_an_error_has_twilios_shape(office: "Desk") -> None:
    async with office.http.get("/2010-04-01/Accounts/ACx/Messages.json") as answer:
        body = await answer.json()

    assert body == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


async def test_a_probe_sees_the_account(twilio: Twilio) -> None:
    account = await soon(twilio.client.api.accounts(ACCOUNT).fetch_async())

    assert account.status == "active"


async def test_a_service_chooses_its_sender_when_it_sends(swift: Twilio) -> None:
    taken = await swift.create(from_=None, messaging_service_sid=SERVICE)

    assert (taken.status, taken.from_, taken.num_segments) == ("accepted", None, "0")
    await status_of(swift, str(taken.sid), among={"delivered"})
    sent = await swift.fetch(str(taken.sid))
    assert (sent.from_, sent.num_segments) == ("+447700900001", "1")


async def test_the_list_is_filtered(swift: Twilio) -> None:
    wanted = await swift.create(body="a")
    await swift.create(body="b", from_="Other")
    await swift.create(body="c", to="+447700900124")

    since = datetime.now(UTC) - timedelta(minutes=5)
    found = await swift.list(to=PHONE, from_="Tocsin", date_sent_after=since)
    earlier = await swift.list(to=PHONE, date_sent_before=since)
    tomorrow = await swift.list(date_sent=(since + timedelta(days=2)).date())

    assert [text.sid for text in found] == [wanted.sid]
    assert earlier == tomorrow == []


async def test_the_list_comes_in_pages_newest_first(swift: Twilio) -> None:
    taken = [str((await swift.create(body=f"{number}")).sid) for number in range(5)]

    found = await swift.list(page_size=2)

    assert [text.sid for text in found] == taken[::-1]


async def test_a_text_is_redacted(swift: Twilio) -> None:
    sid = str((await swift.create()).sid)

    redacted = await soon(swift.client.messages(sid).update_async(body=""))

    assert redacted.body == ""
    assert (await swift.fetch(sid)).body == ""


async def test_only_a_queued_text_can_be_cancelled(office: "Desk", twilio: Twilio) -> None:
    await office.turn("twilio", segments_per_s=0.01)
    first, second = [str((await twilio.create()).sid) for _ in range(2)]
    await status_of(twilio, first, among={"sent", "delivered"})

    cancelled = await soon(twilio.client.messages(second).update_async(status="canceled"))
    with pytest.raises(TwilioRestException) as refused:
        await soon(twilio.client.messages(first).update_async(status="canceled"))

    assert cancelled.status == "canceled"
    assert refused.value.code == 30409


async def test_a_text_that_waits_longer_than_it_is_valid_fails(office: "Desk", twilio: Twilio) -> None:
    await office.turn("twilio", segments_per_s=0.01)
    await twilio.create()

    late = str((await twilio.create(validity_period=1)).sid)

    assert await status_of(twilio, late, among={"failed"})
    assert (await twilio.fetch(late)).error_code == 30036


async def test_a_sender_whose_queue_is_too_long_is_refused(office: "Desk", twilio: Twilio) -> None:
    await office.turn("twilio", segments_per_s=0.01, queue_hours=0.01)
    await twilio.create()

    assert await twilio.refusal() == (429, 21611)
    assert (await twilio.create(from_="Other")).status == "queued"


@pytest.mark.parametrize(("asked", "code"), [({"max_price": 0.01}, 30010), ({"to": "+441632960123"}, 30006)])
async def test_some_are_taken_and_fail(asked: dict[str, Any], code: int, swift: Twilio) -> None:
    sid = str((await swift.create(**asked)).sid)

    assert await status_of(swift, sid, among={"failed"})
    assert (await swift.fetch(sid)).error_code == code


async def test_more_requests_at_once_than_allowed_are_refused(office: "Desk", twilio: Twilio) -> None:
    await office.turn("twilio", concurrent=0)

    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
    async with office.http.get(f"/2010-04-01/Accounts/{ACCOUNT}.json", headers=headers) as answer:
        retry_after = answer.headers["Retry-After"]

    assert await twilio.refusal() == (429, 20429)
    assert retry_after == "1"


async def test_who_texted_stop_is_refused_where_twilio_obeys(office: "Desk", twilio: Twilio) -> None:
    await office.turn("twilio", obeys_stop=True, segments_per_s=None)
    await twilio.create(from_="+447700900009")
    path = f"/api/phones/{PHONE}/texts"

    await office.status("POST", path, {"to": "+447700900009", "body": " stop "})
    refused = await twilio.refusal(from_="+447700900009")
    other = await twilio.create(from_="+447700900008")
    await office.status("POST", path, {"to": "+447700900009", "body": "START"})

    assert refused == (400, 21610)
    assert other.status == "queued"
    assert (await twilio.create(from_="+447700900009")).status == "queued"


@asynccontextmanager
async def running(folder: Path, **behaviour: object) -> AsyncIterator[Twilio]:
    """A sandbox of its own, and the SDK at it."""
    values = {**SETTINGS, "smtp_port": 0, "http_port": 0, "data_dir": folder, "twilio": behaviour}
    async with Sandbox(Settings.model_validate(values)) as sandbox, AsyncTwilioHttpClient() as http:
        yield Twilio(twilio_client(http, port=sandbox.http_port))


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    at_once = {"least": 0, "most": 0}
    async with running(tmp_path, segments_per_s=0.01, delivered_after_s=at_once) as twilio:
        first = str((await twilio.create(body="one\ttwo\nthree")).sid)
        second = str((await twilio.create()).sid)
        await status_of(twilio, first, among={"delivered"})

    async with running(tmp_path, delivered_after_s=at_once) as twilio:
        text = await twilio.fetch(first)

        assert (text.body, text.status) == ("one\ttwo\nthree", "delivered")
        assert await status_of(twilio, second, among={"delivered"})
        assert len(await twilio.list(to=PHONE)) == 2


async def test_all_can_be_deleted(office: "Desk", swift: Twilio) -> None:
    sid = str((await swift.create()).sid)

    assert await office.status("DELETE", "/api/texts") == 204

    with pytest.raises(TwilioRestException) as refused:
        await swift.fetch(sid)
    assert refused.value.code == 20404
    summary = await office.json("/api/texts/summary")
    assert (summary["taken"], summary["kept"], summary["last_number"]) == (0, 0, 1)


async def test_when_it_is_down_it_hangs_up(office: "Desk", twilio: Twilio) -> None:
    await office.turn("twilio", down=True)

    with pytest.raises((aiohttp.ClientError, asyncio.TimeoutError)):
        await twilio.create()

    assert (await office.json("/api/texts/summary"))["taken"] == 0
