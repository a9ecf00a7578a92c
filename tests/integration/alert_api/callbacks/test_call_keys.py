"""What the keys of whoever was called do."""

from collections.abc import Mapping

from tests.integration.alert_api.call_client import Line, a_call
from tests.integration.alert_api.callback_client import Providers, receipts_of
from tests.support.phones import a_phone
from tocsin_schemas.words import Channel
from tocsin_store.pool import Pool

MESSAGE = "The river rises."


async def replies(pool: Pool, line: Line) -> list[Mapping[str, object]]:
    rows = await pool.fetch("SELECT * FROM reply WHERE delivery_id = $1", line.claimed.id)
    return [dict(row) for row in rows]


async def calls_consented(pool: Pool, member: object) -> bool:
    return bool(
        await pool.fetchval(
            """SELECT EXISTS (SELECT FROM consent WHERE member_id = $1 AND channel = 'voice'
                              AND (valid_until IS NULL OR valid_until > now()))""",
            member,
        )
    )


async def test_key_1_acknowledges_once_however_often_it_is_told(
    providers: Providers, pool: Pool, line: Line
) -> None:
    call = a_call(providers, line)
    menu = await call.answered()

    said = await call.press("1", after=menu)
    again = await call.press("1", after=menu)

    assert said.verbs == ["Say", "Hangup"]
    assert said.text == again.text == "Thank you. Goodbye."
    (receipt,) = await receipts_of(pool, line.claimed.id)
    assert (receipt["kind"], receipt["channel"], receipt["fence"]) == (
        "acknowledged",
        "voice",
        line.claimed.fence,
    )
    (reply,) = await replies(pool, line)
    assert (reply["kind"], reply["channel"], reply["member_id"]) == (
        "acknowledgement",
        "voice",
        line.phone.member,
    )
    assert reply["alert_id"] == line.waiting.alert


async def test_key_2_repeats_the_message(providers: Providers, line: Line) -> None:
    call = a_call(providers, line)

    said = await call.press("2", after=await call.answered())

    assert said.text.count(MESSAGE) == 1
    assert said.told == {"r": line.reference, "at": "menu"}


async def test_key_9_stops_calls_only_when_it_is_pressed_again(
    providers: Providers, pool: Pool, line: Line
) -> None:
    call = a_call(providers, line)

    asked = await call.press("9", after=await call.answered())
    before = await calls_consented(pool, line.phone.member)
    said = await call.press("9", after=asked)

    assert "Fire and Rescue" in asked.text
    assert before
    assert said.verbs == ["Say", "Hangup"]
    assert "no more calls" in said.text
    assert not await calls_consented(pool, line.phone.member)


async def test_another_key_than_9_again_is_one_of_the_menu(
    providers: Providers, pool: Pool, line: Line
) -> None:
    call = a_call(providers, line)
    asked = await call.press("9", after=await call.answered())

    await call.press("1", after=asked)

    assert await calls_consented(pool, line.phone.member)
    assert [receipt["kind"] for receipt in await receipts_of(pool, line.claimed.id)] == ["acknowledged"]


async def test_a_withdrawal_by_key_says_how_it_came_and_holds_for_the_number(
    providers: Providers, pool: Pool, line: Line
) -> None:
    agency = await pool.fetchval("SELECT agency_id FROM alert WHERE id = $1", line.waiting.alert)
    partner = await a_phone(pool, agency, number=line.phone.number, channel=Channel.VOICE)
    texted = await a_phone(pool, agency, number=line.phone.number)
    call = a_call(providers, line)

    asked = await call.press("9", after=await call.answered())
    await call.press("9", after=asked)
    await call.press("9", after=asked)

    assert not await calls_consented(pool, partner.member)
    assert await pool.fetchval("SELECT valid_until FROM consent WHERE member_id = $1", texted.member) is None
    withdrawal = await pool.fetchval("SELECT withdrawal FROM consent WHERE member_id = $1", line.phone.member)
    assert withdrawal == {
        "by": "member",
        "how": "call",
        "word": "9",
        "provider": "twilio",
        "ref": call.sid,
        "contact_point": str(line.phone.contact_point),
    }
    audited = await pool.fetch("SELECT actor, action FROM audit WHERE subject = $1", str(line.phone.member))
    assert [tuple(row) for row in audited] == [("call", "consent withdrawn")]


async def test_wrong_keys_are_said_to_be_wrong_three_times(providers: Providers, line: Line) -> None:
    call = a_call(providers, line)
    said = await call.answered()

    for key in ("5", "#", "*"):
        said = await call.press(key, after=said)
        assert "That key does nothing here." in said.text
        said = await call.press("2", after=said)
    said = await call.press("0", after=said)

    assert said.verbs == ["Say", "Hangup"]
    assert said.text == "Goodbye."


async def test_an_alert_that_was_corrected_meanwhile_is_not_repeated(
    providers: Providers, pool: Pool, line: Line
) -> None:
    call = a_call(providers, line)
    menu = await call.answered()
    await pool.execute("UPDATE alert SET version = 2 WHERE id = $1", line.waiting.alert)

    again = await call.press("2", after=menu)
    thanked = await call.press("1", after=menu)

    assert again.text == thanked.text == "This message is no longer in force. Goodbye."
    assert [receipt["kind"] for receipt in await receipts_of(pool, line.claimed.id)] == ["acknowledged"]
