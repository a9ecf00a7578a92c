"""Idempotency-Key: an alert is accepted once, however often it is posted."""

import asyncio
from uuid import uuid4

import pytest

from tests.integration.alert_api.conftest import Agency, Api, Client
from tocsin_store import idempotency
from tocsin_store.pool import Pool

Body = dict[str, object]


async def alerts_of(agency: Agency, pool: Pool) -> int:
    async with pool.acquire() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM alert WHERE agency_id = $1", agency.id)
    return count


async def test_the_same_body_gets_the_first_answer(
    client: Client, alert: Body, agency: Agency, pool: Pool
) -> None:
    first = await client.post(alert, key="one")

    again = await client.post(dict(reversed(alert.items())), key="one")

    assert (again.status, again.json) == (202, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert await alerts_of(agency, pool) == 1


async def test_another_body_is_a_mismatch(client: Client, alert: Body, agency: Agency, pool: Pool) -> None:
    await client.post(alert, key="one")

    other = await client.post(alert | {"category": "fire"}, key="one")

    assert (other.status, other.at("type")) == (422, "/problems/idempotency-mismatch")
    assert await alerts_of(agency, pool) == 1


async def test_a_key_belongs_to_its_agency(
    client: Client, alert: Body, api: Api, other_agency: Agency
) -> None:
    mine = await client.post(alert, key="one")

    theirs = await api.client(other_agency.key).post(alert, key="one")

    assert theirs.status == 202
    assert theirs.at("id") != mine.at("id")


async def test_a_refused_body_does_not_use_its_key_up(client: Client, alert: Body) -> None:
    await client.post(alert | {"purpose": "fun"}, key="one")

    answer = await client.post(alert, key="one")

    assert answer.status == 202
    assert "Idempotency-Replayed" not in answer.headers


async def test_a_key_that_another_replica_holds_is_in_flight(
    client: Client, alert: Body, agency: Agency, pool: Pool
) -> None:
    async with pool.acquire() as conn, conn.transaction():
        assert await idempotency.lock(conn, agency_id=agency.id, key="one")

        answer = await client.post(alert, key="one")

    assert (answer.status, answer.at("type")) == (409, "/problems/idempotency-in-flight")
    assert answer.headers["Retry-After"] == "1"


async def test_many_at_once_are_one(client: Client, alert: Body, agency: Agency, pool: Pool) -> None:
    key = str(uuid4())

    answers = await asyncio.gather(*(client.post(alert, key=key) for _ in range(20)))

    assert {answer.status for answer in answers} <= {202, 409}
    assert len({answer.at("id") for answer in answers if answer.status == 202}) == 1
    assert await alerts_of(agency, pool) == 1


@pytest.mark.parametrize(("age", "replayed"), [("23 hours", "true"), ("25 hours", None)])
async def test_an_answer_is_kept_for_a_day(
    client: Client, alert: Body, agency: Agency, pool: Pool, age: str, replayed: str | None
) -> None:
    await client.post(alert, key="one")
    async with pool.acquire() as conn:
        await conn.execute(
            "UPDATE idempotency SET created_at = now() - $1::text::interval WHERE agency_id = $2",
            age,
            agency.id,
        )

    answer = await client.post(alert, key="one")

    assert answer.status == 202
    assert answer.headers.get("Idempotency-Replayed") == replayed
