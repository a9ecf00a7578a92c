"""What calls are told to say, which keys are pressed, and who picks up."""

from typing import TYPE_CHECKING

import pytest

from tests.integration.sandbox.caller import AT_ONCE, LISTENER, MACHINE, Caller, presses
from tests.integration.sandbox.clients import ACCOUNT, PHONE, THE_SDKS_WAY
from tests.integration.sandbox.script import Script, genuine
from tests.support.eventually import until

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk

pytestmark = THE_SDKS_WAY

SORRY = "We are sorry, an application error has occurred. Goodbye."
MENU = (
    "<Gather numDigits='1' timeout='3' action='key?r=d.1.m'><Say>Press one</Say></Gather><Say>Goodbye</Say>"
)


async def test_keys_go_to_the_gathers_action(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", callee=presses("2", "1"))
    script.documents |= {"answer": MENU, "key": MENU}

    call = await caller.called()

    assert [form["Digits"] for form in script.forms("key?r=d.1.m")] == ["2", "1"]
    assert script.forms("key?r=d.1.m")[0]["msg"] == "Gather End"
    assert all(genuine(asked) for asked in script.asked)
    assert await office.transcript(call.sid) == [
        ("status", "queued"),
        ("status", "initiated"),
        ("status", "ringing"),
        ("status", "in-progress"),
        ("said", "Press one"),
        ("keys", "2"),
        ("said", "Press one"),
        ("keys", "1"),
        ("said", "Press one"),
        ("said", "Goodbye"),
        ("status", "completed"),
    ]


async def test_silence_goes_on_with_the_document(office: "Desk", caller: Caller, script: Script) -> None:
    script.documents["answer"] = MENU

    call = await caller.called()

    assert [said for kind, said in await office.transcript(call.sid) if kind == "said"] == [
        "Press one",
        "Goodbye",
    ]
    assert len(script.asked) == 1


async def test_silence_is_told_where_the_client_wants_it(caller: Caller, script: Script) -> None:
    script.documents |= {
        "answer": "<Gather action='key' timeout='1' actionOnEmptyResult='true'/>",
        "key": "<Hangup/>",
    }

    await caller.called()

    assert [form["Digits"] for form in script.forms("key")] == [""]


async def test_a_key_interrupts_what_is_said(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", callee={**presses("9"), "interrupts": True})
    script.documents |= {
        "answer": f"<Gather numDigits='1' action='key'><Say>{'words ' * 100_00}</Say></Gather>",
        "key": "<Hangup/>",
    }

    await caller.called()

    assert [form["Digits"] for form in script.forms("key")] == ["9"]


async def test_a_machine_presses_nothing(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", callee={**presses("1"), "who": "machine"})
    script.documents["answer"] = MENU

    await caller.called()

    assert len(script.asked) == 1


async def test_several_digits_end_with_a_key(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", callee=presses("12#"))
    script.documents |= {"answer": "<Gather action='key'/>", "key": "<Hangup/>"}

    await caller.called()

    [form] = script.forms("key")
    assert (form["Digits"], form["FinishedOnKey"]) == ("12", "#")


async def test_a_document_leads_to_the_next(office: "Desk", caller: Caller, script: Script) -> None:
    script.documents |= {
        "answer": "<Say loop='2'>A <emphasis>flood</emphasis>\n warning</Say><Redirect>next?x=1&amp;y=2</Redirect>",
        "next": "<Play>http://a.example/bell.mp3</Play><Record timeout='1'/><Enqueue/><Hangup/><Say>never</Say>",
    }

    call = await caller.called()

    assert [asked.url.rpartition("/")[2] for asked in script.asked] == ["answer?r=d.1.m", "next?x=1&y=2"]
    assert (await office.transcript(call.sid))[4:] == [
        ("said", "A flood warning"),
        ("said", "A flood warning"),
        ("note", "plays http://a.example/bell.mp3"),
        ("note", "records"),
        ("note", "12200: Schema validation warning"),
        ("status", "completed 12200"),
    ]


async def test_a_document_is_fetched_by_get_where_the_client_wants_it(caller: Caller, script: Script) -> None:
    script.documents["answer"] = ""

    await caller.called(method="GET")

    [asked] = script.asked
    assert asked.form == {}
    assert f"AccountSid={ACCOUNT}" in asked.url
    assert genuine(asked)


@pytest.mark.parametrize(
    ("document", "content_type", "code"),
    [
        (None, "text/xml", 11200),
        ("<Say>", "text/xml", 12100),
        ("<Pause length='long'/>", "text/xml", 12200),
        ("<Say>A</Say>", "application/json", 12300),
    ],
)
async def test_what_cannot_be_obeyed_ends_in_an_apology(
    document: str | None, content_type: str, code: int, office: "Desk", caller: Caller, script: Script
) -> None:
    script.content_type = content_type
    if document is not None:
        script.documents["answer"] = document

    call = await caller.called()

    assert call.status == "completed"
    transcript = await office.transcript(call.sid)
    assert transcript[4][1].startswith(f"{code}: ")
    assert transcript[5] == ("said", SORRY)


async def test_the_fallback_is_asked_instead(caller: Caller, script: Script) -> None:
    script.documents["fallback"] = "<Hangup/>"

    await caller.called(fallback_url=f"{script.url}/fallback")

    [form] = script.forms("fallback")
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", f"{script.url}/answer?r=d.1.m")


@pytest.mark.parametrize(
    ("callee", "mode", "answered_by"),
    [
        (LISTENER, "Enable", "human"),
        (LISTENER, "DetectMessageEnd", "human"),
        (MACHINE, "Enable", "machine_start"),
        (MACHINE, "DetectMessageEnd", "machine_end_beep"),
        ({**MACHINE, "beep": False}, "DetectMessageEnd", "machine_end_silence"),
        ({**MACHINE, "answered_by": "machine_end_other"}, "DetectMessageEnd", "machine_end_other"),
        ({**MACHINE, "greeting_s": 20}, "DetectMessageEnd", "unknown"),
        ({**LISTENER, "who": "fax"}, "DetectMessageEnd", "fax"),
    ],
)
async def test_who_answered_is_said_with_the_first_request(
    callee: dict[str, object], mode: str, answered_by: str, office: "Desk", caller: Caller, script: Script
) -> None:
    await office.turn("twilio/calls", callee=callee)
    script.documents["answer"] = "<Redirect>next</Redirect>"
    script.documents["next"] = ""

    call = await caller.called(machine_detection=mode, machine_detection_timeout=10)

    assert call.answered_by == answered_by
    assert script.asked[0].form["AnsweredBy"] == answered_by
    assert "AnsweredBy" not in script.asked[1].form
    await until(lambda: len(script.statuses) == 4)
    assert script.statuses[-1].form["AnsweredBy"] == answered_by


async def test_who_answered_is_reported_later(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", callee=MACHINE, speed=20)
    script.documents["answer"] = "<Pause length='20'/>"

    await caller.called(
        machine_detection="DetectMessageEnd",
        async_amd="true",
        async_amd_status_callback=f"{script.url}/detected",
    )
    await until(lambda: bool(script.detections))

    assert "AnsweredBy" not in script.asked[0].form
    [told] = script.detections
    assert genuine(told)
    assert told.form["AnsweredBy"] == "machine_end_beep"
    assert told.form["MachineDetectionDuration"] == "5000"


async def test_who_hangs_up_has_heard_enough(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", callee={**LISTENER, "hangs_up_after_s": 3})
    script.documents["answer"] = "<Pause length='3000'/>"

    assert (await caller.called()).status == "completed"


async def test_no_call_is_longer_than_its_limit(caller: Caller, script: Script) -> None:
    script.documents["answer"] = "<Redirect>answer</Redirect>"

    assert (await caller.called(time_limit=10)).status == "completed"


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        ({"type": "end", "status": "busy"}, "busy", None),
        ({"type": "end", "status": "no-answer"}, "no-answer", None),
        ({"type": "end", "status": "failed", "code": 13224}, "failed", "13224"),
        (
            {"type": "answer", "callee": {**LISTENER, "answers_after_s": {"least": 60, "most": 60}}},
            "no-answer",
            None,
        ),
    ],
)
async def test_a_call_that_nobody_answers_ends_as_the_rule_wants(
    action: dict[str, object], status: str, code: str | None, office: "Desk", caller: Caller, script: Script
) -> None:
    await office.obey({"phase": "ring", "match": "*123", "action": action}, provider="twilio/calls")

    over = await caller.called(timeout=5)
    await until(lambda: status in script.told())

    assert (over.status, over.duration) == (status, None)
    told = next(one for one in script.statuses if one.form["CallStatus"] == status)
    assert told.form.get("ErrorCode") == code
    assert told.form["CallDuration"] == "0"
    assert script.asked == []


async def test_rules_choose_who_picks_up(office: "Desk", caller: Caller, script: Script) -> None:
    answer = {"type": "answer", "callee": {**MACHINE, "answers_after_s": AT_ONCE}}
    await office.obey({"phase": "ring", "match": "*124", "action": answer}, provider="twilio/calls")
    script.documents["answer"] = ""

    machine = await caller.called("+447700900124", machine_detection="DetectMessageEnd")
    human = await caller.called(PHONE, machine_detection="DetectMessageEnd")

    assert (machine.answered_by, human.answered_by) == ("machine_end_beep", "human")
