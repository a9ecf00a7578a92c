"""What Twilio reports of calls becomes receipts: once each, proven, whatever the order."""

import asyncio
from datetime import timedelta

import pytest

from tests.integration.alert_api.call_client import REPORTS, Call, Line, a_call
from tests.integration.alert_api.callback_client import Providers, kept, receipts_of
from tests.integration.alert_api.conftest import Api
from tests.support.callers import called
from tests.support.eventually import eventually
from tests.support.phones import took
from tocsin_store import lines
from tocsin_store.lines import Seized
from tocsin_store.pool import Pool


@pytest.fixture
def call(providers: Providers, line: Line) -> Call:
    return a_call(providers, line)


async def listened(pool: Pool, call: Call, seconds: int) -> None:
    """Have the message begin so long ago."""
    await pool.execute(
        "UPDATE callback SET received_at = received_at - $2::interval WHERE ref = $1 AND status = 'speaking'",
        call.sid,
        timedelta(seconds=seconds),
    )


async def kinds(pool: Pool, line: Line) -> list[object]:
    return [receipt["kind"] for receipt in await receipts_of(pool, line.claimed.id)]


async def test_whoever_listened_for_ten_seconds_has_heard_it(pool: Pool, line: Line, call: Call) -> None:
    await call.answered("human")
    await listened(pool, call, 11)

    answer = await call.report("completed", CallDuration="14", AnsweredBy="human", SequenceNumber="3")

    assert answer.status == 204
    (receipt,) = await receipts_of(pool, line.claimed.id)
    assert (receipt["kind"], receipt["provider_status"]) == ("delivered", "completed human")
    assert (receipt["channel"], receipt["provider_ref"]) == ("voice", call.sid)


@pytest.mark.parametrize(
    ("by", "seconds", "duration", "kind", "again"),
    [
        ("human", 7, "9", "accepted", False),
        ("human", 60, "4", "failed", True),  # told late
        ("human", 2, "3", "failed", True),
        ("unknown", 60, "70", "accepted", False),
        ("machine_end_beep", 30, "40", "voicemail", False),
        ("machine_end_beep", 2, "9", "failed", True),
    ],
)
async def test_what_a_call_came_to_goes_by_who_answered_and_how_long_they_listened(
    pool: Pool, line: Line, call: Call, by: str, seconds: int, duration: str, kind: str, *, again: bool
) -> None:
    await call.answered(by)
    await listened(pool, call, seconds)

    await call.report("completed", CallDuration=duration)

    (receipt,) = await receipts_of(pool, line.claimed.id)
    assert receipt["kind"] == kind
    assert receipt["state"] == {"failed": "sent", "accepted": "sent"}.get(kind, kind)
    assert (receipt["due_at"] is not None) is again


async def test_a_call_in_which_nothing_was_said_is_made_once_more(pool: Pool, line: Line, call: Call) -> None:
    await call.answered("fax")

    await call.report("completed", CallDuration="20", AnsweredBy="fax")

    (receipt,) = await receipts_of(pool, line.claimed.id)
    assert (receipt["state"], receipt["provider_status"]) == ("sent", "completed fax")
    assert receipt["due_at"] is not None


async def test_whoever_presses_a_key_is_a_person(pool: Pool, line: Line, call: Call) -> None:
    await call.press("2", after=await call.answered("unknown"))
    await listened(pool, call, 20)

    await call.report("completed", CallDuration="25", AnsweredBy="unknown")

    assert await kinds(pool, line) == ["delivered"]


@pytest.mark.parametrize(("status", "reason"), [("busy", "line_busy"), ("no-answer", "no_answer")])
async def test_who_cannot_be_reached_now_is_called_again(
    pool: Pool, line: Line, call: Call, status: str, reason: str
) -> None:
    await call.report(status)

    (receipt,) = await receipts_of(pool, line.claimed.id)
    assert (receipt["kind"], receipt["state"], receipt["reason"]) == ("failed", "sent", reason)
    assert receipt["due_at"] is not None


async def test_a_failed_call_says_why(pool: Pool, line: Line, call: Call) -> None:
    await call.report("failed", ErrorCode="13224")

    (receipt,) = await receipts_of(pool, line.claimed.id)
    assert (receipt["kind"], receipt["provider_status"]) == ("failed", "failed 13224")
    assert receipt["due_at"] is None


async def test_steps_on_the_way_are_told_of_in_any_order(pool: Pool, line: Line, call: Call) -> None:
    for status in ("in-progress", "initiated", "ringing", "queued"):
        await call.report(status)

    assert await kinds(pool, line) == ["accepted"] * 4


async def test_a_report_told_fifty_times_at_once_changes_what_one_does(
    pool: Pool, line: Line, call: Call
) -> None:
    answers = await asyncio.gather(*(call.report("busy", SequenceNumber=str(n)) for n in range(50)))

    assert {answer.status for answer in answers} == {204}
    assert len(await receipts_of(pool, line.claimed.id)) == 1
    assert len(await kept(pool, call.sid)) == 1


async def test_a_report_without_a_reference_finds_its_delivery_when_the_call_is_known(
    providers: Providers, pool: Pool, line: Line, call: Call
) -> None:
    await call.answered()
    await listened(pool, call, 30)
    await providers.twilio(REPORTS, called(call.sid, "completed", CallDuration="31"))

    await took(pool, delivery=line.claimed.id, fence=line.claimed.fence, ref=call.sid)

    async def joined() -> bool:
        return await kinds(pool, line) == ["delivered"]

    await eventually(joined)


@pytest.mark.parametrize("status", ["delivered", "", "speaking", "ABSURD"])
async def test_what_is_no_status_of_a_call_is_refused(pool: Pool, call: Call, status: str) -> None:
    answer = await call.report(status)

    assert (answer.status, answer.at("type")) == (400, "/problems/callback")
    assert await kept(pool, call.sid) == []


async def test_what_is_no_call_is_refused(providers: Providers) -> None:
    answer = await providers.twilio(REPORTS, called("SM" + "1" * 32, "completed"))

    assert answer.status == 400


@pytest.mark.parametrize("path", [REPORTS, "/calls/twilio/answer", "/calls/twilio/key"])
async def test_without_an_account_there_is_no_such_address(api: Api, path: str) -> None:
    answer = await Providers(api).twilio(path, called("CA" + "1" * 32))

    assert answer.status == 404


async def test_a_line_is_free_after_a_call_that_nobody_can_say_was_heard(
    pool: Pool, line: Line, call: Call
) -> None:
    await seized(pool, line)
    await call.answered("unknown")
    await listened(pool, call, 30)

    await call.report("in-progress")
    during = await is_held(pool, line)
    await call.report("completed", CallDuration="31")

    assert during
    assert not await is_held(pool, line)


async def test_a_line_is_held_until_what_follows_is_known(pool: Pool, line: Line, call: Call) -> None:
    await seized(pool, line)

    await call.report("busy")

    assert await is_held(pool, line)  # the merge frees it, when it knows of the next attempt


async def seized(pool: Pool, line: Line) -> None:
    got = await lines.seize(pool, line.waiting.alert, [line.claimed], lasts=timedelta(minutes=5))
    assert got[line.claimed.id].of is Seized.SEIZED


async def is_held(pool: Pool, line: Line) -> bool:
    return bool(
        await pool.fetchval("SELECT EXISTS (SELECT FROM line WHERE delivery_id = $1)", line.claimed.id)
    )
