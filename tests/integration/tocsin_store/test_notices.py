"""A notice is taken once."""

from uuid import UUID

import pytest

from tests.support.phones import a_number, a_sender
from tests.support.world import emptied
from tocsin_store import notices
from tocsin_store.notices import Kind
from tocsin_store.pool import Pool


@pytest.fixture
async def sender(pool: Pool) -> tuple[UUID, str]:
    await emptied(pool)
    return await a_sender(pool)


async def add(pool: Pool, agency: UUID, *, kind: Kind = "stopped", address: str | None = None) -> None:
    async with pool.acquire() as conn:
        await notices.add(
            conn,
            agency_id=agency,
            kind=kind,
            address=address or a_number(),
            language="en",
            provider="twilio",
        )


async def test_one_is_taken_with_what_is_needed_to_say_it(pool: Pool, sender: tuple[UUID, str]) -> None:
    await add(pool, sender[0])

    (notice,) = await notices.take(pool, limit=10)

    assert (notice.kind, notice.provider, notice.language) == ("stopped", "twilio", "en")
    assert (notice.agency_name, notice.sms_from) == ("Fire & Rescue", sender[1])
    assert await notices.take(pool, limit=10) == []


async def test_one_that_certainly_was_not_said_is_taken_again(pool: Pool, sender: tuple[UUID, str]) -> None:
    await add(pool, sender[0])
    (first,) = await notices.take(pool, limit=10)

    await notices.give_back(pool, first.id)

    (again,) = await notices.take(pool, limit=10)
    assert again == first


async def test_one_that_is_a_day_old_is_not_said(pool: Pool, sender: tuple[UUID, str]) -> None:
    await add(pool, sender[0])
    await pool.execute("UPDATE notice SET created_at = now() - interval '25 hours'")

    assert await notices.take(pool, limit=10) == []


async def test_help_is_said_to_a_number_once_an_hour(pool: Pool, sender: tuple[UUID, str]) -> None:
    number = a_number()

    for kind in ("help", "help", "stopped", "stopped"):
        await add(pool, sender[0], kind=kind, address=number)

    assert [each.kind for each in await notices.take(pool, limit=10)] == ["help", "stopped", "stopped"]


async def test_the_oldest_are_taken_first(pool: Pool, sender: tuple[UUID, str]) -> None:
    for kind in ("started", "stopped"):
        await add(pool, sender[0], kind=kind)

    assert [each.kind for each in await notices.take(pool, limit=1)] == ["started"]


async def test_what_became_of_it_is_written_down(pool: Pool, sender: tuple[UUID, str]) -> None:
    await add(pool, sender[0])
    (notice,) = await notices.take(pool, limit=1)

    await notices.note_outcome(pool, notice.id, outcome="ok")

    assert await pool.fetchval("SELECT outcome FROM notice WHERE id = $1", notice.id) == "ok"
