"""The phones: their API, their page, and what the program keeps when it is killed."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import aiohttp

from tests.integration.sandbox.clients import ACCOUNT, PHONE, SETTINGS, THE_SDKS_WAY, TOKEN, Notify, Twilio
from tests.integration.sandbox.test_process import running
from tests.support.eventually import eventually

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk, Start

pytestmark = THE_SDKS_WAY

OTHER = "+447700900124"
PAGE = f"/phones/{quote(PHONE, safe='')}"


async def test_phones_are_listed_the_newest_text_first(
    office: "Desk", twilio: Twilio, notify: Notify
) -> None:
    await twilio.create(to=PHONE)
    await twilio.create(to=OTHER)
    await notify.post()

    first = await office.json("/api/phones?limit=1")
    second = await office.json(f"/api/phones?after={quote(first['next'], safe='')}")

    assert [(phone["number"], phone["texts"]) for phone in first["items"]] == [(PHONE, 2)]
    assert first["items"][0]["newest"]["provider"] == "notify"
    assert [phone["number"] for phone in second["items"]] == [OTHER]
    assert second["next"] is None


async def test_the_summary_counts(office: "Desk", twilio: Twilio) -> None:
    await office.turn("twilio", segments_per_s=None)
    for body in ("x", "x" * 161):
        await twilio.create(body=body, status_callback="http://127.0.0.1:9/?r=same")

    async def delivered() -> bool:
        by_status: dict[str, int] = (await office.json("/api/texts/summary"))["by_status"]
        return by_status == {"delivered": 2}

    await eventually(delivered)
    summary = await office.json("/api/texts/summary")
    assert (summary["taken"], summary["distinct"], summary["duplicates"], summary["segments"]) == (2, 1, 1, 3)
    assert summary["by_provider"] == {"twilio": 2}
    assert summary["most_segments_in_1_s"].keys() == {"Tocsin"}


async def test_the_page_shows_texts_and_sends_answers(office: "Desk", twilio: Twilio) -> None:
    await twilio.create(body="<b>Flood</b> warning", from_="+447700900009")

    shown = await office.text(PAGE)
    listed = await office.text("/phones")
    async with office.http.post(PAGE, data={"to": "+447700900009", "body": "STOP"}) as answer:
        after = await answer.text()

    assert "&lt;b&gt;Flood&lt;/b&gt; warning" in shown
    assert "1 segment" in shown
    assert f'href="{PAGE}"' in listed
    assert '<li class="mine">' in after
    newest = (await office.json(f"/api/phones/{PHONE}/texts"))[0]
    assert (newest["inbound"], newest["body"], newest["to"]) == (True, "STOP", "+447700900009")


async def test_another_sites_form_is_refused(office: "Desk") -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}

    async with office.http.post(PAGE, data={"to": "x", "body": "y"}, headers=foreign) as answer:
        assert answer.status == 403


async def test_a_form_without_words_is_refused(office: "Desk") -> None:
    async with office.http.post(PAGE, data={"to": "+447700900009", "body": ""}) as answer:
        assert answer.status == 422


async def test_the_oldest_texts_go(start: "Start") -> None:
    desk = await start(**SETTINGS, keep_texts=2)
    notify = Notify(desk.http)

    for _ in range(3):
        await notify.post()

    summary = await desk.json("/api/texts/summary")
    assert (summary["taken"], summary["kept"]) == (3, 2)
    assert len(await desk.json(f"/api/phones/{PHONE}/texts")) == 2


async def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    settings = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
    async with running(tmp_path, **settings) as first:
        await first.wait_until_ready()
        form = {
            "To": PHONE,
            "From": "Tocsin",
            "Body": "Flood",
            "StatusCallback": "http://127.0.0.1:9/?r=a.1.b",
        }
        url = f"http://127.0.0.1:{first.http_port}{path}"
        async with aiohttp.request("POST", url, data=form, headers=headers) as answer:
            taken = await answer.json()
        await first.end(signal.SIGKILL)

    async with running(tmp_path, **settings) as second:
        await second.wait_until_ready()
        url = f"http://127.0.0.1:{second.http_port}{path}"
        async with aiohttp.request("GET", url, params={"To": PHONE}, headers=headers) as answer:
            found = (await answer.json())["messages"]

    assert [text["sid"] for text in found] == [taken["sid"]]
    line = (tmp_path / "texts.log").read_text().split("\t")
    assert line[1:6] == ["twilio", taken["sid"], "a.1.b", PHONE, "1"]
    assert float(line[6]) <= float(line[0])
