"""What a call says to whoever answers it."""

import pytest

from tests.integration.alert_api.call_client import Line, a_call, a_line
from tests.integration.alert_api.callback_client import Providers, kept, receipts_of
from tests.support.callers import called
from tocsin_runtime.tokens import sign_callback
from tocsin_store.pool import Pool

MESSAGE = "The river rises."


async def test_a_person_hears_who_calls_the_message_and_the_keys_twice(
    providers: Providers, line: Line
) -> None:
    said = await a_call(providers, line).answered()

    assert said.verbs == ["Gather", "Gather", "Say", "Hangup"]
    assert said.text.count(MESSAGE) == 2
    assert "automatic call from Fire and Rescue" in said.text
    assert said.text.count("Press 1") == 2
    assert said.told == {"r": line.reference, "at": "menu"}


async def test_the_message_is_said_in_the_members_language(providers: Providers, pool: Pool) -> None:
    line = await a_line(pool, language="cy")
    welsh = {"language": "cy", "headline": "Llifogydd", "description": "Mae'r afon yn codi."}
    await pool.execute(
        "UPDATE alert_content SET body = jsonb_set(body, '{info,1}', $2) WHERE alert_id = $1",
        line.waiting.alert,
        welsh,
    )

    said = await a_call(providers, line).answered()

    assert said.voices == {"cy-GB"}
    assert "Mae'r afon yn codi." in said.text
    assert "Pwyswch 1" in said.text


async def test_a_machine_gets_the_message_once_and_no_keys(providers: Providers, line: Line) -> None:
    said = await a_call(providers, line).answered("machine_end_beep")

    assert said.verbs == ["Pause", "Say", "Say", "Hangup"]
    assert said.text.count(MESSAGE) == 1
    assert "Press" not in said.text


@pytest.mark.parametrize("by", ["machine_end_beep", "machine_end_silence", "machine_end_other"])
@pytest.mark.parametrize("preference", ["never_voicemail", "no_caller_text"])
async def test_nothing_is_left_on_a_machine_for_who_does_not_want_it(
    providers: Providers, pool: Pool, by: str, preference: str
) -> None:
    call = a_call(providers, await a_line(pool, prefers=preference))

    said = await call.answered(by)

    assert said.verbs == ["Hangup"]
    assert await kept(pool, call.sid) == []


@pytest.mark.parametrize("by", ["fax", "machine_start"])
async def test_what_records_nothing_is_hung_up(providers: Providers, line: Line, by: str) -> None:
    assert (await a_call(providers, line).answered(by)).verbs == ["Hangup"]


@pytest.mark.parametrize("by", ["unknown", ""])
async def test_whoever_may_be_a_person_is_spoken_to(providers: Providers, line: Line, by: str) -> None:
    assert MESSAGE in (await a_call(providers, line).answered(by)).text


async def test_before_it_is_said_it_is_noted(providers: Providers, pool: Pool, line: Line) -> None:
    call = a_call(providers, line)

    await call.answered()
    await call.answered()

    (row,) = await kept(pool, call.sid)
    assert (row["status"], row["code"], row["delivery_id"]) == ("speaking", "human", line.claimed.id)
    assert await receipts_of(pool, line.claimed.id) == []


async def test_a_member_at_risk_shows_to_be_there_before_anybody_is_named(
    providers: Providers, pool: Pool
) -> None:
    call = a_call(providers, await a_line(pool, prefers="no_caller_text"))

    first = await call.answered()
    wrong = await call.press("7", after=first)
    before = await kept(pool, call.sid)
    said = await call.press("1", after=wrong)

    assert "This is a message for you" in first.text
    for each in (first, wrong):
        assert "Fire" not in each.answer.text
        assert "river" not in each.answer.text
    assert before == []
    assert MESSAGE in said.text
    assert [row["code"] for row in await kept(pool, call.sid)] == ["human"]
    assert (await call.press("1", after=said)).text == "Thank you. Goodbye."


async def test_an_alert_that_was_called_off_is_not_read_out(
    providers: Providers, pool: Pool, line: Line
) -> None:
    await pool.execute("UPDATE alert SET open = false WHERE id = $1", line.waiting.alert)
    call = a_call(providers, line)

    said = await call.answered()
    recorded = await call.answered("machine_end_beep")

    assert said.text == "This message is no longer in force. Goodbye."
    assert recorded.verbs == ["Hangup"]
    assert await kept(pool, call.sid) == []


@pytest.mark.parametrize("path", ["answer", "key"])
@pytest.mark.parametrize("forge", [True, False])
async def test_a_reference_of_nobody_hears_goodbye(
    providers: Providers, pool: Pool, line: Line, path: str, *, forge: bool
) -> None:
    key, fence = (b"another key" * 3, line.claimed.fence) if forge else (b"k" * 32, line.claimed.fence + 1)
    reference = sign_callback(key, line.claimed.id, fence=fence)
    call = a_call(providers, line, reference=reference)

    said = await call.ask(f"/calls/twilio/{path}?r={reference}&at=menu", Digits="1", AnsweredBy="human")

    assert (said.verbs, said.text) == (["Say", "Hangup"], "Goodbye.")
    assert await receipts_of(pool, line.claimed.id) == []
    assert await kept(pool, call.sid) == []


@pytest.mark.parametrize("query", ["", "?r=", "?r=a.b.c&w=x&h=-1&at=nowhere", "?" + "a=1&" * 50])
async def test_a_url_that_nobody_made_hears_goodbye(providers: Providers, line: Line, query: str) -> None:
    said = await a_call(providers, line).ask(f"/calls/twilio/answer{query}")

    assert said.text == "Goodbye."


@pytest.mark.parametrize("path", ["/calls/twilio/answer", "/calls/twilio/key", "/callbacks/twilio/calls"])
async def test_only_what_twilio_signed_is_answered(
    providers: Providers, pool: Pool, line: Line, path: str
) -> None:
    form = called("CA" + "1" * 32, "completed", Digits="1")
    url = f"{path}?r={line.reference}&at=menu"

    forged = await providers.twilio(url, form, token="another")
    moved = await providers.twilio(url.replace("menu", "stop"), form, called=url)

    assert (forged.status, moved.status) == (403, 403)
    assert await receipts_of(pool, line.claimed.id) == []


async def test_nothing_personal_is_said_or_stands_in_a_url(providers: Providers, line: Line) -> None:
    call = a_call(providers, line)
    answers = [menu := await call.answered(), await call.press("9", after=menu)]

    for said in answers:
        for secret in (line.phone.number, line.phone.number[1:], "Ada", str(line.phone.member)):
            assert secret not in said.answer.text
