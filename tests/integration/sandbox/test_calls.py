"""The stand-in for Twilio's calls, spoken to by Twilio's own SDK."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.integration.sandbox.caller import CALLER, Caller
from tests.integration.sandbox.clients import ACCOUNT, PHONE, THE_SDKS_WAY
from tests.integration.sandbox.script import Script, genuine
from tests.support.eventually import until

if TYPE_CHECKING:
    from tests.integration.sandbox.conftest import Desk

pytestmark = THE_SDKS_WAY


async def test_a_call_is_made_answered_and_over(caller: Caller, script: Script) -> None:
    script.documents["answer"] = "<Say>Flood warning for Riverside</Say>"

    made = await caller.create()
    over = await caller.over(made)

    assert (made.status, made._from, made.to, made.account_sid) == ("queued", CALLER, PHONE, ACCOUNT)  # noqa: SLF001 - the SDK has no other name for it
    assert (over.status, over.direction, over.answered_by) == ("completed", "outbound-api", None)
    assert over.end_time is not None
    [asked] = script.asked
    assert genuine(asked)
    assert asked.url == f"{script.url}/answer?r=d.1.m"
    assert asked.form == {
        "CallSid": made.sid,
        "AccountSid": ACCOUNT,
        "From": CALLER,
        "To": PHONE,
        "Caller": CALLER,
        "Called": PHONE,
        "CallStatus": "in-progress",
        "Direction": "outbound-api",
        "ApiVersion": "2010-04-01",
    }


async def test_each_status_asked_for_is_reported_and_signed(caller: Caller, script: Script) -> None:
    script.documents["answer"] = "<Pause length='20'/>"

    await caller.create()
    await until(lambda: len(script.statuses) == 4)

    told = sorted(script.statuses, key=lambda one: one.form["SequenceNumber"])
    assert all(genuine(one) for one in told)
    assert [one.form["CallStatus"] for one in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [one.form["SequenceNumber"] for one in told] == ["0", "1", "2", "3"]
    assert int(told[-1].form["CallDuration"]) >= 20
    assert told[-1].form["CallbackSource"] == "call-progress-events"


async def test_without_a_wish_only_the_end_is_reported(caller: Caller, script: Script) -> None:
    await caller.called(status_callback_event=[], twiml="<Response/>", url=None)
    await until(lambda: bool(script.statuses))

    assert script.told() == ["completed"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"to": ""}, 400, 21201),
        ({"from_": ""}, 400, 21213),
        ({"to": "07700900123"}, 400, 21211),
        ({"from_": "Tocsin"}, 400, 21212),
        ({"from_": PHONE}, 400, 21266),
        ({"url": None}, 400, 21205),
        ({"url": "nowhere"}, 400, 21205),
        ({"status_callback": "nowhere"}, 400, 21609),
        ({"status_callback_event": ["never"]}, 400, 20001),
        ({"timeout": 601}, 400, 20001),
        ({"machine_detection": "Maybe"}, 400, 20001),
    ],
)
async def test_what_will_not_do_is_refused_with_twilios_code(
    asked: dict[str, object], status: int, code: int, caller: Caller
) -> None:
    assert await caller.refusal(**asked) == (status, code)


async def test_only_numbers_of_the_account_may_call(office: "Desk", caller: Caller) -> None:
    await office.turn("twilio/calls", callers=["+447700900001"])

    assert await caller.refusal() == (400, 21210)


async def test_the_list_is_filtered_and_comes_in_pages(caller: Caller) -> None:
    said: dict[str, Any] = {"url": None, "twiml": "<Response/>"}
    wanted = [str((await caller.called(**said)).sid) for _ in range(3)]
    await caller.called("+447700900124", **said)
    since = datetime.now(UTC) - timedelta(minutes=5)

    found = await caller.list(to=PHONE, from_=CALLER, status="completed", start_time_after=since, page_size=2)

    assert [call.sid for call in found] == wanted[::-1]
    assert await caller.list(start_time_before=since - timedelta(days=1)) == []
    assert await caller.list(status="busy") == []
    assert len(await caller.list()) == 4


async def test_a_ringing_call_is_cancelled(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", speed=1, by_hand=[PHONE])
    call = await caller.once(await caller.create(), "ringing")

    await caller.update(call, status="canceled")

    over = await caller.over(call)
    assert (over.status, over.duration) == ("canceled", None)
    await until(lambda: len(script.statuses) == 3)
    assert sorted(script.told()) == ["canceled", "initiated", "ringing"]


async def test_a_call_in_progress_is_hung_up(office: "Desk", caller: Caller) -> None:
    await office.turn("twilio/calls", speed=1)
    twiml = "<Response><Pause length='600'/></Response>"
    call = await caller.once(await caller.create(url=None, twiml=twiml), "in-progress")

    unmoved = await caller.update(call, status="canceled")
    await caller.update(call, status="completed")

    assert unmoved.status == "in-progress"
    assert (await caller.over(call)).status == "completed"
    with pytest.raises(TwilioRestException) as refused:
        await caller.update(call, status="completed")
    assert (refused.value.status, refused.value.code) == (400, 21220)


async def test_a_call_in_progress_is_sent_elsewhere(office: "Desk", caller: Caller, script: Script) -> None:
    await office.turn("twilio/calls", speed=1)
    script.documents |= {"answer": "<Pause length='600'/>", "other": "<Hangup/>"}
    call = await caller.once(await caller.create(), "in-progress")

    await caller.update(call, url=f"{script.url}/other")

    assert (await caller.over(call)).status == "completed"
    assert len(script.forms("other")) == 1
