"""Whom a call reached and what it is about; and how long it was listened to."""

from datetime import timedelta

import pytest

from tests.support.callers import a_call_sid
from tests.support.phones import Sending, a_phone, a_sender, sending
from tests.support.world import emptied
from tocsin_schemas.words import Channel, Lane
from tocsin_store import callbacks, calls
from tocsin_store.callbacks import Told
from tocsin_store.calls import SPEAKING, Called
from tocsin_store.claim import ClaimedDelivery
from tocsin_store.pool import Pool


@pytest.fixture
async def alert(pool: Pool) -> Sending:
    await emptied(pool)
    agency, _ = await a_sender(pool)
    await a_phone(pool, agency, language="cy", channel=Channel.VOICE)
    return await sending(pool, agency, channel=Channel.VOICE)


@pytest.fixture
async def claimed(alert: Sending) -> ClaimedDelivery:
    return (await alert.claimed()).taken[0]


async def found(pool: Pool, claimed: ClaimedDelivery, *, fence: int | None = None) -> Called | None:
    async with pool.acquire() as conn:
        return await calls.find(conn, claimed.id, fence=claimed.fence if fence is None else fence)


async def test_a_call_is_about_what_its_delivery_is(
    pool: Pool, alert: Sending, claimed: ClaimedDelivery
) -> None:
    called = await found(pool, claimed)

    assert called is not None
    assert (called.alert_id, called.alert_version, called.lane) == (alert.alert, 1, Lane.URGENT)
    assert (called.member_id, called.number, called.language) == (claimed.member_id, claimed.address, "cy")
    assert (called.in_force, called.never_voicemail, called.no_caller_text) == (True, False, False)


async def test_an_earlier_attempt_is_still_about_it_and_a_later_one_never_was(
    pool: Pool, claimed: ClaimedDelivery
) -> None:
    await pool.execute("UPDATE delivery SET fence = fence + 2 WHERE id = $1", claimed.id)

    assert await found(pool, claimed) is not None
    assert await found(pool, claimed, fence=claimed.fence + 3) is None


@pytest.mark.parametrize(
    "change",
    ["open = false", "version = 2", "expires_at = now()"],
    ids=["called off", "corrected", "expired"],
)
async def test_what_is_over_is_no_longer_in_force(
    pool: Pool, alert: Sending, claimed: ClaimedDelivery, change: str
) -> None:
    await pool.execute(f"UPDATE alert SET {change} WHERE id = $1", alert.alert)  # noqa: S608 - a constant

    called = await found(pool, claimed)

    assert called is not None
    assert not called.in_force


async def test_what_is_said_is_what_was_posted(pool: Pool, alert: Sending) -> None:
    async with pool.acquire() as conn:
        body, agency = await calls.wording(conn, alert.alert, version=1)
        with pytest.raises(LookupError):
            await calls.wording(conn, alert.alert, version=2)

    assert (body["category"], agency) == ("flood", "Fire & Rescue")


async def test_a_call_is_listened_to_from_its_first_word_by_whom_a_key_shows_to_be_there(
    pool: Pool, claimed: ClaimedDelivery
) -> None:
    spoken, repeated, silent = a_call_sid(), a_call_sid(), a_call_sid()
    await tell(pool, claimed, (spoken, "machine_end_beep"), (repeated, "unknown"))
    await pool.execute("UPDATE callback SET received_at = received_at - $1::interval", timedelta(seconds=9))
    since = await pool.fetchval("SELECT received_at FROM callback WHERE ref = $1", repeated)
    await tell(pool, claimed, (repeated, "human"), (repeated, "unknown"))

    async with pool.acquire() as conn:
        heard = await calls.heard(conn, [("twilio", ref) for ref in (spoken, repeated, silent)])

    assert {ref: each.by for (_, ref), each in heard.items()} == {
        spoken: "machine_end_beep",
        repeated: "human",
    }
    assert heard["twilio", repeated].since == since


async def tell(pool: Pool, claimed: ClaimedDelivery, *spoken: tuple[str, str]) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await callbacks.absorb(
            conn, [Told("twilio", ref, SPEAKING, by, claimed.id, claimed.fence) for ref, by in spoken]
        )
