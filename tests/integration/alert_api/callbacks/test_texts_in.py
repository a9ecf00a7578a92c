"""A text that comes in and is no word we know is a reply to what its number got last."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest

from tests.integration.alert_api.callback_client import MESSAGES, Providers, receipts_of, text
from tests.support.callers import a_sid, texted
from tests.support.phones import Phone, a_phone, a_sender, sending
from tocsin_store.pool import Pool


async def replies(pool: Pool, agency: UUID) -> list[Mapping[str, object]]:
    return [
        dict(row) for row in await pool.fetch("SELECT * FROM reply WHERE agency_id = $1 ORDER BY id", agency)
    ]


async def test_a_reply_belongs_to_the_newest_alert_its_number_got(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    for _ in range(2):
        newest = await sending(pool, sender[0])
        await newest.taken_by()

    await text(providers, "Is the bridge open?", number=phone.number, to=sender[1])

    (reply,) = await replies(pool, sender[0])
    assert (reply["alert_id"], reply["delivery_id"]) == (newest.alert, newest.ids[0])
    assert (reply["member_id"], reply["contact_point_id"]) == (phone.member, phone.contact_point)
    assert (reply["kind"], reply["body"], reply["state"]) == ("text", "Is the bridge open?", "open")


async def test_what_is_told_of_a_reply_are_ids(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    alert = await sending(pool, sender[0])
    await alert.taken_by()

    await text(providers, "My name is Ada", number=phone.number, to=sender[1])

    row = await pool.fetchrow("SELECT * FROM outbox WHERE topic = 'replies' AND key = $1", alert.alert)
    assert row is not None
    assert row["event_type"] == "io.tocsin.reply.received.v1"
    assert str(phone.member).encode() in row["value"]
    assert b"Ada" not in row["value"]
    assert phone.number.encode() not in row["value"]


@pytest.mark.parametrize("word", ["1", "yes", "OK!"])
async def test_a_short_yes_acknowledges(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone, word: str
) -> None:
    alert = await sending(pool, sender[0])
    await alert.taken_by()

    await text(providers, word, number=phone.number, to=sender[1])

    (reply,) = await replies(pool, sender[0])
    (receipt,) = await receipts_of(pool, alert.ids[0])
    assert reply["kind"] == "acknowledgement"
    assert (receipt["kind"], receipt["fence"], receipt["alert_id"]) == ("acknowledged", 1, str(alert.alert))


async def test_one_yes_from_a_shared_phone_acknowledges_for_all_and_names_nobody(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    await a_phone(pool, sender[0], number=phone.number)
    alert = await sending(pool, sender[0])
    await alert.taken_by()

    await text(providers, "1", number=phone.number, to=sender[1])

    (reply,) = await replies(pool, sender[0])
    assert reply["member_id"] is None
    for delivery in alert.ids:
        assert [each["kind"] for each in await receipts_of(pool, delivery)] == ["acknowledged"]


async def test_a_text_that_comes_twice_is_one_reply(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    form = texted("Hello", number=phone.number, to=sender[1])

    answers = [await providers.twilio(MESSAGES, form) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len(await replies(pool, sender[0])) == 1


async def test_who_has_not_consented_is_not_named(
    providers: Providers, pool: Pool, sender: tuple[UUID, str]
) -> None:
    other, _ = await a_sender(pool)
    phone = await a_phone(pool, other)

    await text(providers, "Hello", number=phone.number, to=sender[1])

    (reply,) = await replies(pool, sender[0])
    assert (reply["member_id"], reply["alert_id"], reply["contact_point_id"]) == (None, None, None)


@pytest.mark.parametrize("number", ["Vodafone", "12345", ""])
async def test_what_cannot_be_written_to_may_still_say_something(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], number: str
) -> None:
    for body in ("STOP", "HELP", "hello \x00 there" + "." * 2_000):
        assert (await text(providers, body, number=number, to=sender[1])).status == 200

    (reply,) = await replies(pool, sender[0])
    assert len(str(reply["body"])) == 1_600


async def test_what_came_in_is_counted_without_numbers(
    providers: Providers, sender: tuple[UUID, str], phone: Phone
) -> None:
    await text(providers, "hello", number=phone.number, to=sender[1], sid=a_sid())
    await text(providers, "STOP", number=phone.number, to=sender[1])

    shown = (await providers.api.client(None).get("/metrics")).text
    assert 'tocsin_texts_in_total{meaning="stop",provider="twilio"} 1.0' in shown
    assert 'tocsin_texts_in_total{meaning="text",provider="twilio"} 1.0' in shown
    assert phone.number not in shown


async def test_an_agency_may_have_a_number_at_notify(providers: Providers, pool: Pool) -> None:
    agency, number = await a_sender(pool)
    phone = await a_phone(pool, agency)
    came = {
        "id": str(uuid4()),
        "source_number": phone.number.removeprefix("+"),
        "destination_number": number.replace("+44", "0"),
        "message": "Thank you",
    }

    await providers.notify("/callbacks/notify/messages", came)

    assert [reply["body"] for reply in await replies(pool, agency)] == ["Thank you"]
