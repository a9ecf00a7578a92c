"""A word that comes in as a text is obeyed at once: STOP, START, HELP."""

from uuid import UUID, uuid4

import pytest

from tests.integration.alert_api.callback_client import MESSAGES, Providers, text
from tests.support.callers import texted
from tests.support.phones import Phone, a_number, a_phone, a_sender, sending
from tocsin_schemas.words import Reason
from tocsin_store.pool import Pool


async def consents(pool: Pool, member: UUID) -> dict[str, bool]:
    """Whether each purpose is in force."""
    rows = await pool.fetch(
        """SELECT purpose, bool_or(valid_until IS NULL OR valid_until > now()) AS granted FROM consent
           WHERE  member_id = $1 GROUP BY 1""",
        member,
    )
    return {row["purpose"]: row["granted"] for row in rows}


async def notices(pool: Pool, number: str) -> list[str]:
    rows = await pool.fetch("SELECT kind FROM notice WHERE address = $1 ORDER BY id", number)
    return [row["kind"] for row in rows]


async def test_stop_ends_every_purpose_at_once_and_is_confirmed_once(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    answer = await text(providers, "Stop.", number=phone.number, to=sender[1])
    await text(providers, "STOP ALL", number=phone.number, to=sender[1])

    assert (answer.status, answer.text) == (200, "<Response/>")
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert await consents(pool, phone.member) == {"public_task": False, "emergency": False}
    assert await notices(pool, phone.number) == ["stopped"]


async def test_a_claim_after_stop_finds_no_consent(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    waiting = await sending(pool, sender[0])

    await text(providers, "stop", number=phone.number, to=sender[1])

    claims = await waiting.claimed()
    assert list(claims.taken) == []
    assert [verdict.reason for verdict in claims.verdicts] == [Reason.CONSENT_WITHDRAWN]


async def test_a_withdrawal_keeps_how_it_came(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    form = texted("Opt-out", number=phone.number, to=sender[1])

    await providers.twilio(MESSAGES, form)

    withdrawal = await pool.fetchval(
        "SELECT withdrawal FROM consent WHERE member_id = $1 LIMIT 1", phone.member
    )
    assert withdrawal == {
        "by": "member",
        "how": "text",
        "word": "optout",
        "provider": "twilio",
        "ref": form["MessageSid"],
        "contact_point": str(phone.contact_point),
    }
    audited = await pool.fetch(
        "SELECT agency_id, actor, action FROM audit WHERE subject = $1", str(phone.member)
    )
    assert [tuple(row) for row in audited] == [(sender[0], "text", "consent withdrawn")]


async def test_everybody_who_has_the_number_leaves(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    partner = await a_phone(pool, sender[0], number=phone.number)

    await text(providers, "STOP", number=phone.number, to=sender[1])

    assert await consents(pool, partner.member) == {"public_task": False}
    assert await notices(pool, phone.number) == ["stopped"]


async def test_other_agencies_and_other_numbers_stay(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    other, _ = await a_sender(pool)
    same_number = await a_phone(pool, other, number=phone.number)
    neighbour = await a_phone(pool, sender[0])

    await text(providers, "STOP", number=phone.number, to=sender[1])

    assert await consents(pool, same_number.member) == {"public_task": True}
    assert await consents(pool, neighbour.member) == {"public_task": True}


async def test_start_gives_back_what_stop_took(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    await text(providers, "STOP", number=phone.number, to=sender[1])

    await text(providers, "start", number=phone.number, to=sender[1])
    await text(providers, "start", number=phone.number, to=sender[1])

    assert await consents(pool, phone.member) == {"public_task": True, "emergency": True}
    assert await notices(pool, phone.number) == ["stopped", "started"]
    assert await pool.fetchval("SELECT count(*) FROM consent WHERE member_id = $1", phone.member) == 4


async def test_start_gives_back_nothing_that_was_withdrawn_another_way(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    await pool.execute(
        """UPDATE consent SET valid_until = now(), withdrawal = '{"how": "one-click link"}' WHERE member_id = $1""",
        phone.member,
    )

    await text(providers, "START", number=phone.number, to=sender[1])

    assert await consents(pool, phone.member) == {"public_task": False, "emergency": False}
    assert await notices(pool, phone.number) == []


async def test_what_twilio_answered_itself_is_not_answered_again(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    await text(providers, "arret", number=phone.number, to=sender[1], OptOutType="STOP")

    assert await consents(pool, phone.member) == {"public_task": False, "emergency": False}
    assert await notices(pool, phone.number) == []


async def test_a_messaging_service_is_a_sender(providers: Providers, pool: Pool) -> None:
    agency, service = await a_sender(pool, sms_from="MG" + uuid4().hex)
    phone = await a_phone(pool, agency)

    await text(providers, "STOP", number=phone.number, to=a_number(), MessagingServiceSid=service)

    assert await consents(pool, phone.member) == {"public_task": False}


async def test_help_is_said_even_to_strangers_but_not_again_and_again(
    providers: Providers, pool: Pool, sender: tuple[UUID, str]
) -> None:
    stranger = a_number()

    for _ in range(3):
        await text(providers, "HELP", number=stranger, to=sender[1])

    assert await notices(pool, stranger) == ["help"]


@pytest.mark.parametrize("word", ["STOP", "START", "hello"])
async def test_a_stranger_is_told_nothing_else(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], word: str
) -> None:
    stranger = a_number()

    assert (await text(providers, word, number=stranger, to=sender[1])).status == 200

    assert await notices(pool, stranger) == []


async def test_a_stop_that_comes_again_after_start_is_old_news(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    stop = texted("STOP", number=phone.number, to=sender[1])
    await providers.twilio(MESSAGES, stop)
    await text(providers, "START", number=phone.number, to=sender[1])

    await providers.twilio(MESSAGES, stop)

    assert await consents(pool, phone.member) == {"public_task": True, "emergency": True}


async def test_a_forged_stop_changes_nothing(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    form = texted("STOP", number=phone.number, to=sender[1])

    answer = await providers.twilio(MESSAGES, form, token="another")

    assert answer.status == 403
    assert await consents(pool, phone.member) == {"public_task": True, "emergency": True}


async def test_notify_lends_its_number_to_those_whose_texts_it_carried(
    providers: Providers, pool: Pool, sender: tuple[UUID, str], phone: Phone
) -> None:
    await (await sending(pool, sender[0])).taken_by("notify")
    came = {
        "id": str(uuid4()),
        "source_number": phone.number.removeprefix("+"),
        "destination_number": "07900900999",
        "message": "stop",
        "date_received": "2026-11-22T00:00:00.000000Z",
    }

    answer = await providers.notify("/callbacks/notify/messages", came)

    assert answer.status == 204
    assert await consents(pool, phone.member) == {"public_task": False, "emergency": False}
    assert await notices(pool, phone.number) == ["stopped"]


async def test_what_was_sent_to_nobody_is_kept_as_that(
    providers: Providers, pool: Pool, phone: Phone
) -> None:
    form = texted("STOP", number=phone.number, to=a_number())

    answer = await providers.twilio(MESSAGES, form)

    assert answer.status == 204
    assert await pool.fetchval("SELECT meaning FROM inbound WHERE ref = $1", form["MessageSid"]) == "nobody"
    assert await consents(pool, phone.member) == {"public_task": True, "emergency": True}
