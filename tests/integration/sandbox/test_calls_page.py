"""The page of calls, and what one can do there."""

from typing import TYPE_CHECKING

from tests.integration.sandbox.caller import Caller
from tests.integration.sandbox.clients import PHONE, THE_SDKS_WAY
from tests.integration.sandbox.script import Script
from tests.support.eventually import eventually, until

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk

pytestmark = THE_SDKS_WAY

MENU = "<Gather numDigits='1' timeout='600' action='key'><Say>Press &lt;one&gt;</Say></Gather>"


async def press(office: "Desk", path: str, **fields: str) -> int:
    """Press a button of the page."""
    async with office.http.post(path, data=fields, allow_redirects=False) as answer:
        return answer.status


async def prompted(office: "Desk", sid: object) -> None:
    """Wait until somebody is asked for keys."""

    async def look() -> bool:
        return any(kind == "said" for kind, _ in await office.transcript(sid))

    await eventually(look)


async def test_one_answers_and_presses_keys_at_the_page(
    office: "Desk", caller: Caller, script: Script
) -> None:
    await office.turn("twilio/calls", speed=1)
    script.documents |= {"answer": MENU, "key": "<Pause length='600'/>"}
    assert await press(office, "/calls", number=PHONE, on="yes") == 303
    call = await caller.once(await caller.create(), "ringing")
    page = f"/calls/{call.sid}"

    rung = await office.text(page)
    await press(office, page, do="answer")
    await prompted(office, call.sid)
    answered = await office.text(page)
    await press(office, page, keys="1")
    await until(lambda: len(script.asked) == 2)
    await press(office, page, do="hang-up")

    assert 'value="answer"' in rung
    assert 'value="answer"' not in answered
    assert 'name="keys" value="#"' in answered
    assert (await caller.over(call)).status == "completed"
    over = await office.text(page)
    assert "Press &lt;one&gt;" in over
    assert 'class="mine"' in over
    assert 'value="hang-up"' not in over
    assert await press(office, page, do="answer") == 303


async def test_the_list_shows_calls_and_who_answers_by_hand(office: "Desk", caller: Caller) -> None:
    call = await caller.called(url=None, twiml="<Response/>")
    await press(office, "/calls", number="+447700900124", on="yes")

    listed = await office.text("/calls")
    await press(office, "/calls", number="+447700900124", on="no")

    assert f'href="/calls/{call.sid}"' in listed
    assert "Answer +447700900124 no longer by hand" in listed
    assert (await office.json("/api/calls/summary"))["by_hand"] == []


async def test_the_api_answers_and_lists(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", speed=1, by_hand=[PHONE])
    script.documents["answer"] = MENU
    first = await caller.once(await caller.create(), "ringing")
    second = await caller.create("+447700900124", url=None, twiml="<Response/>")
    await caller.over(second)

    assert await office.status("POST", f"/api/calls/{first.sid}/answer") == 204
    await prompted(office, first.sid)
    assert await office.status("POST", f"/api/calls/{first.sid}/keys", {"keys": "9"}) == 204
    await until(lambda: len(script.asked) == 2)
    await caller.over(first)

    assert script.asked[1].form["Digits"] == "9"
    newest = await office.json("/api/calls?limit=1")
    oldest = await office.json(f"/api/calls?limit=1&after={newest['next']}")
    assert [newest["items"][0]["sid"], oldest["items"][0]["sid"]] == [second.sid, first.sid]
    assert await office.status("POST", f"/api/calls/{first.sid}/hang-up") == 404
    assert await office.status("POST", f"/api/calls/{first.sid}/keys", {"keys": "A"}) == 422


async def test_another_sites_button_is_refused(office: "Desk") -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}

    async with office.http.post("/calls", data={"number": PHONE, "on": "yes"}, headers=foreign) as answer:
        assert answer.status == 403


async def test_a_number_that_is_none_is_refused(office: "Desk") -> None:
    assert await press(office, "/calls", number="anyone", on="yes") == 422
