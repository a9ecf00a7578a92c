"""A word that was obeyed is confirmed once, by the provider it came to."""

from pathlib import Path
from uuid import UUID

import pytest

from sms_worker.notices import say_notices
from sms_worker.providers import providers_of
from tests.support.http_wire import Exchange, always, serving
from tests.support.sms_channels import (
    ADA,
    SENDER,
    nothing_known,
    notify,
    sandbox,
    sms_settings,
    taken,
    twilio,
    url_of,
)
from tests.support.world import an_agency, emptied
from tocsin_store import notices
from tocsin_store.notices import Kind
from tocsin_store.pool import Pool


@pytest.fixture
async def agency(pool: Pool) -> UUID:
    """An agency that sends texts, in an empty world."""
    await emptied(pool)
    await pool.execute("DELETE FROM notice")
    made = await an_agency(pool)
    await pool.execute("UPDATE agency SET sms_from = $2 WHERE id = $1", made, SENDER)
    return made


async def owed(
    pool: Pool, agency: UUID, *, kind: Kind = "stopped", to: str = ADA, provider: str = "twilio"
) -> None:
    async with pool.acquire() as connection:
        await notices.add(
            connection, agency_id=agency, kind=kind, address=to, language="en", provider=provider
        )


async def said(pool: Pool, *accounts: dict[str, object]) -> None:
    """Two rounds: what was said in the first is not said in the second."""
    providers = providers_of(sms_settings(*accounts), known=nothing_known)
    try:
        for _ in range(2):
            await say_notices(
                pool, providers={provider.name: provider for provider in providers}, countries={"GB"}
            )
    finally:
        for provider in providers:
            await provider.close()


async def outcomes(pool: Pool) -> list[str | None]:
    return [
        row["outcome"] for row in await pool.fetch("SELECT outcome FROM notice WHERE taken_at IS NOT NULL")
    ]


async def test_it_is_said_once_by_the_provider_the_word_came_to(
    pool: Pool, agency: UUID, tmp_path: Path
) -> None:
    await owed(pool, agency, provider="notify")
    async with sandbox(tmp_path) as running:
        await said(pool, twilio(url_of(running)), notify(url_of(running)))
        (text,) = running.texts.kept.of_phone(ADA)

    assert text.draft.provider == "notify"
    assert text.body.startswith("You will get no more texts from ")
    assert await outcomes(pool) == ["created"]


async def test_several_are_said_to_whom_they_are_owed(pool: Pool, agency: UUID, tmp_path: Path) -> None:
    await owed(pool, agency, kind="help")
    await owed(pool, agency, kind="started", to="+447700900007")
    async with sandbox(tmp_path) as running:
        await said(pool, twilio(url_of(running)))

        assert taken(running) == [ADA, "+447700900007"]


async def test_what_was_certainly_not_said_is_said_later(pool: Pool, agency: UUID, tmp_path: Path) -> None:
    await owed(pool, agency)

    await said(pool, twilio("http://127.0.0.1:1"))
    waiting = await outcomes(pool)
    async with sandbox(tmp_path) as running:
        await said(pool, twilio(url_of(running)))

        assert taken(running) == [ADA]

    assert waiting == []


async def test_what_may_have_been_said_is_not_repeated(pool: Pool, agency: UUID) -> None:
    async def cut_off(exchange: Exchange) -> None:
        await exchange.hear()
        exchange.reset()

    await owed(pool, agency)
    async with serving(cut_off) as server:
        await said(pool, twilio(server.url))

    assert len(server.asked) == 1
    assert await outcomes(pool) == ["ambiguous"]


async def test_a_number_abroad_is_not_written_to_at_our_cost(pool: Pool, agency: UUID) -> None:
    await owed(pool, agency, kind="help", to="+33612345678")
    async with serving(always(201)) as server:
        await said(pool, twilio(server.url))

    assert server.asked == []
    assert await outcomes(pool) == ["country_refused"]
