"""Calls that go wrong by rule or by limit, and what is kept of them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient

from tests.integration.sandbox.caller import LISTENER, SWIFT, Caller, presses
from tests.integration.sandbox.clients import PHONE, SETTINGS, THE_SDKS_WAY, twilio_client
from tests.integration.sandbox.script import Script
from tests.support.eventually import eventually, until
from tocsin_sandbox.sandbox import Sandbox
from tocsin_sandbox.settings import Settings

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk

pytestmark = THE_SDKS_WAY

FOR_EVER = "<Response><Pause length='86400'/></Response>"


async def taken(office: "Desk") -> int:
    """How many calls were taken."""
    count: int = (await office.json("/api/calls/summary"))["taken"]
    return count


async def test_a_rule_refuses_with_a_code_of_its_own(office: "Desk", caller: Caller) -> None:
    reply = {"type": "reply", "status": 400, "code": 21215, "text": "Not there"}
    await office.obey({"phase": "create", "match": "+4479*", "action": reply}, provider="twilio/calls")

    assert await caller.refusal(to="+447911123456") == (400, 21215)
    assert (await caller.create()).status == "queued"


@pytest.mark.parametrize(("action", "kept"), [("drop", 0), ("drop_after_accept", 1)])
async def test_a_connection_is_dropped(action: str, kept: int, office: "Desk", caller: Caller) -> None:
    await office.obey({"phase": "create", "action": {"type": action}}, provider="twilio/calls")

    with pytest.raises(aiohttp.ClientError):
        await caller.create()

    assert await taken(office) == kept


async def test_rules_of_texts_are_not_those_of_calls(office: "Desk", caller: Caller) -> None:
    await office.obey({"phase": "create", "action": {"type": "drop"}}, provider="twilio")

    assert (await caller.create()).status == "queued"


@pytest.mark.parametrize(
    ("limit", "code"),
    [({"calls_at_once": 0}, 10004), ({"creates_per_s": 0}, 20429), ({"concurrent": 0}, 20429)],
)
async def test_too_much_is_refused_for_a_while(
    limit: dict[str, object], code: int, office: "Desk", caller: Caller
) -> None:
    await office.turn("twilio/calls", **limit)

    assert await caller.refusal() == (429, code)
    headers = caller.client.http_client._test_only_last_response.headers  # noqa: SLF001 - the SDK shows it nowhere else
    assert headers["Retry-After"] == "1"


async def test_calls_are_dialled_at_the_accounts_pace(office: "Desk", caller: Caller) -> None:
    await office.turn("twilio/calls", calls_per_s=0.001)

    first, second = [await caller.create(url=None, twiml="<Response/>") for _ in range(2)]

    await caller.over(first)
    assert (await caller.fetch(str(second.sid))).status == "queued"
    await caller.update(second, status="completed")
    assert (await caller.over(second)).status == "canceled"


@pytest.mark.parametrize(
    ("rule", "heard"),
    [
        ({"action": {"type": "lose"}, "statuses": ["completed"]}, ["in-progress", "initiated", "ringing"]),
        (
            {"action": {"type": "duplicate", "copies": 2}, "statuses": ["ringing"]},
            ["completed", "in-progress", "initiated", "ringing", "ringing"],
        ),
        (
            {"action": {"type": "disorder"}, "statuses": ["in-progress"]},
            ["completed", "in-progress", "initiated", "ringing"],
        ),
        (
            {"action": {"type": "delay", "delay_s": 0.01}},
            ["completed", "in-progress", "initiated", "ringing"],
        ),
    ],
)
async def test_reports_go_wrong_by_rule(
    rule: dict[str, object], heard: list[str], office: "Desk", caller: Caller, script: Script
) -> None:
    await office.obey({"phase": "callback", **rule}, provider="twilio/calls")

    await caller.called(url=None, twiml="<Response/>")
    await until(lambda: len(script.statuses) == len(heard))

    assert sorted(script.told()) == heard


async def test_what_to_say_is_not_to_be_had_by_rule(office: "Desk", caller: Caller, script: Script) -> None:
    script.documents["answer"] = "<Say>A</Say>"
    await office.obey({"phase": "ask", "action": {"type": "lose"}}, provider="twilio/calls")

    call = await caller.called()

    assert ("note", "11200: HTTP retrieval failure") in await office.transcript(call.sid)
    assert script.asked == []


@pytest.mark.parametrize(
    "rule",
    [
        {"phase": "ring", "action": {"type": "end", "status": "completed"}},
        {"phase": "ring", "action": {"type": "answer"}},
        {"phase": "ring", "action": {"type": "drop"}},
        {"phase": "deliver", "action": {"type": "answer", "callee": {}}},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, object], office: "Desk") -> None:
    assert await office.status("PUT", "/api/twilio/calls/rules", {"rules": [rule]}) == 422


async def test_200_calls_are_carried_at_once(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", speed=1)
    script.documents["answer"] = "<Pause length='600'/>"
    numbers = [f"+4479111{number:05d}" for number in range(200)]

    calls = [await caller.create(number) for number in numbers]
    await until(lambda: len(script.asked) == len(calls))

    summary = await office.json("/api/calls/summary")
    assert (summary["at_once"], summary["most_at_once_to_one_number"]) == (200, 1)
    assert summary["by_status"] == {"in-progress": 200}
    await office.turn("twilio/calls", speed=100)
    assert (await caller.called(url=None, twiml="<Response/>")).status == "completed"


async def test_the_log_tells_the_whole_story(
    tmp_path: Path, office: "Desk", caller: Caller, script: Script
) -> None:
    await office.turn("twilio/calls", callee=presses("1"))
    script.documents |= {
        "answer": "<Gather numDigits='1' action='key'><Say>Press one</Say></Gather>",
        "key": "",
    }

    call = await caller.called(machine_detection="Enable")

    async def ended() -> list[dict[str, Any]]:
        lines = (tmp_path / "data" / "calls.log").read_text().splitlines()
        events: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return events if events[-1]["event"] == "ended" else []

    events = await eventually(ended)
    assert [event["event"] for event in events] == [
        "created",
        "dialled",
        "answered",
        "detected",
        "said",
        "keys",
        "ended",
    ]
    assert {(event["sid"], event["reference"], event["to"]) for event in events} == {
        (call.sid, "d.1.m", PHONE)
    }
    assert events[0]["begun"] <= events[0]["at"]
    assert events[3]["answered_by"] == "human"
    assert (events[4]["whole"], "Press one" in json.dumps(events)) == (True, False)
    assert events[5]["keys"] == "1"
    assert (events[6]["status"], events[6]["by"]) == ("completed", "client")


async def test_a_restart_dials_again_whom_nobody_answered(tmp_path: Path, script: Script) -> None:
    async def started(http: AsyncTwilioHttpClient, sandbox: Sandbox) -> Caller:
        return Caller(twilio_client(http, port=sandbox.http_port), script=script)

    def settings(**behaviour: object) -> Settings:
        values = {**SETTINGS, "smtp_port": 0, "http_port": 0, "data_dir": tmp_path}
        return Settings.model_validate({**values, "twilio_calls": {**SWIFT, **behaviour}})

    async with AsyncTwilioHttpClient() as http, Sandbox(settings(by_hand=[PHONE], speed=1)) as sandbox:
        caller = await started(http, sandbox)
        rung = await caller.once(await caller.create(url=None, twiml="<Response/>"), "ringing")
        talk = await caller.create("+447700900124", url=None, twiml=FOR_EVER)
        await caller.once(talk, "in-progress")
        over = await caller.create("+447700900125", url=None, twiml=FOR_EVER)
        await caller.update(await caller.once(over, "in-progress"), status="completed")
        await caller.over(over)

    async with AsyncTwilioHttpClient() as http, Sandbox(settings()) as sandbox:
        caller = await started(http, sandbox)

        assert (await caller.over(rung)).status == "completed"
        assert (await caller.fetch(str(talk.sid))).status == "completed"
        assert sandbox.calls.tally.taken == 3
        assert sandbox.calls.tally.at_once == 0


async def test_all_can_be_deleted(office: "Desk", caller: Caller) -> None:
    await office.turn("twilio/calls", speed=1, callee=LISTENER)
    call = await caller.once(await caller.create(url=None, twiml=FOR_EVER), "in-progress")

    assert await office.status("DELETE", "/api/calls") == 204

    with pytest.raises(TwilioRestException) as refused:
        await caller.fetch(str(call.sid))
    assert refused.value.code == 20404
    summary = await office.json("/api/calls/summary")
    assert (summary["taken"], summary["at_once"], summary["last_number"]) == (0, 0, 1)


async def test_when_calls_are_down_texts_are_not(office: "Desk", caller: Caller) -> None:
    await office.turn("twilio/calls", down=True)

    with pytest.raises(aiohttp.ClientError):
        await caller.create()

    text = await caller.client.messages.create_async(to=PHONE, from_="Tocsin", body="Flood")
    assert text.status == "queued"
