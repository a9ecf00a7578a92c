"""Silence is measured in the ledger, and holds a provider in every worker."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.sms_channels import notify, sms_settings, twilio
from tocsin_runtime.delivery.slow_receipts import hold_slow
from tocsin_schemas.words import Channel, Reason
from tocsin_store import pauses
from tocsin_store.pauses import provider_route
from tocsin_store.pool import Pool
from tocsin_store.provider_health import Silence, known, silence

URL = "http://127.0.0.1:1"
SETTINGS = sms_settings(twilio(URL), notify(URL))
PROVIDERS = ("twilio", "notify")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def _nothing_was_sent(pool: Pool) -> None:
    await pool.execute("TRUNCATE provider_message, pause")


async def took(pool: Pool, provider: str, count: int, *, ago: timedelta, ended: int = 0) -> None:
    """Have a provider take so many texts, of which some have an end."""
    await pool.executemany(
        """INSERT INTO provider_message (provider, ref, delivery_id, fence, alert_id, agency_id, channel,
                                         contact_point_id, accepted_at, ended_at)
           VALUES ($1, $2, $3, 1, $3, $3, 'sms', $3, now() - $4::interval, CASE WHEN $5 THEN now() END)""",
        [(provider, uuid4().hex, uuid4(), ago, number < ended) for number in range(count)],
    )


async def held(pool: Pool) -> dict[str, Reason]:
    return {hold.route: hold.reason for hold in await pauses.in_force(pool, channel=Channel.SMS)}


async def test_what_has_no_end_after_minutes_is_counted(pool: Pool) -> None:
    await took(pool, "twilio", 30, ago=5 * MINUTE, ended=10)
    await took(pool, "twilio", 50, ago=MINUTE)  # these may still end
    await took(pool, "twilio", 50, ago=20 * MINUTE)  # long ago
    await took(pool, "another", 50, ago=5 * MINUTE)

    found = await silence(pool, channel=Channel.SMS, providers=PROVIDERS, after=4 * MINUTE, until=10 * MINUTE)

    assert found == [Silence("twilio", 30, 20)]


async def test_a_silent_provider_is_held_for_a_while(pool: Pool) -> None:
    await took(pool, "twilio", 30, ago=5 * MINUTE, ended=10)
    await took(pool, "notify", 30, ago=5 * MINUTE, ended=30)

    await hold_slow(pool, channel=Channel.SMS, providers=PROVIDERS, patience=SETTINGS.patience)

    (hold,) = await pauses.in_force(pool, channel=Channel.SMS)
    assert (hold.route, hold.reason) == (provider_route("twilio"), Reason.PROVIDER_SLOW)
    assert 4 * MINUTE < hold.left <= 5 * MINUTE


async def test_one_whose_texts_end_is_free(pool: Pool) -> None:
    await took(pool, "twilio", 30, ago=5 * MINUTE, ended=28)

    await hold_slow(pool, channel=Channel.SMS, providers=PROVIDERS, patience=SETTINGS.patience)

    assert await held(pool) == {}


async def test_the_last_free_one_is_never_held(pool: Pool) -> None:
    await took(pool, "twilio", 30, ago=5 * MINUTE)
    await pauses.hold(
        pool,
        channel=Channel.SMS,
        route=provider_route("notify"),
        reason=Reason.CONFIGURATION,
        lasts=MINUTE,
    )

    await hold_slow(pool, channel=Channel.SMS, providers=PROVIDERS, patience=SETTINGS.patience)

    assert await held(pool) == {provider_route("notify"): Reason.CONFIGURATION}


async def test_the_ledger_knows_what_belongs_to_deliveries(pool: Pool) -> None:
    await took(pool, "twilio", 1, ago=MINUTE)
    ref = await pool.fetchval("SELECT ref FROM provider_message")

    assert await known(pool, "twilio", [ref, "another"]) == {ref}
    assert await known(pool, "notify", [ref]) == frozenset()
    assert await known(pool, "twilio", []) == frozenset()
