"""Changes at the same time and changes repeated: each happens once, in some order, and a cancel is never in vain."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from tests.integration.alert_api.changes import cancelled, completed, updated
from tests.integration.alert_api.conftest import Agency, Answer, Client
from tests.integration.alert_api.ledger_rows import posted
from tests.support.eventually import eventually
from tocsin_store import idempotency
from tocsin_store.gate import USE
from tocsin_store.pool import Pool

Body = dict[str, object]

WAITING = """SELECT count(*) FROM pg_locks
             WHERE  locktype = 'advisory' AND NOT granted
               AND  database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


@asynccontextmanager
async def held(pool: Pool, alert_id: UUID) -> AsyncIterator[None]:
    """Use an alert, as a claim does."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(f"SELECT {USE}", alert_id)
        yield


async def in_turn(pool: Pool, alert_id: UUID, *requests: Coroutine[None, None, Answer]) -> list[Answer]:
    """Begin all while the alert is in use, each once the one before waits for it; then let them go on."""
    tasks: list[asyncio.Task[Answer]] = []
    async with held(pool, alert_id):
        for request in requests:
            tasks.append(asyncio.create_task(request))
            wanted = len(tasks)

            async def wait_so_many(wanted: int = wanted) -> bool:
                return int(await pool.fetchval(WAITING)) >= wanted

            await eventually(wait_so_many)
    return list(await asyncio.gather(*tasks))


async def test_an_update_that_a_cancel_overtakes_is_refused(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)

    first, second = await in_turn(
        pool, alert_id, cancelled(client, alert_id), updated(client, alert_id, alert)
    )

    assert (first.status, second.status) == (202, 409)
    assert second.at("type") == "/problems/alert-state"
    assert (await client.get(f"/v1/alerts/{alert_id}")).at("state") == "cancelled"


async def test_a_cancel_that_comes_after_an_update_ends_both_versions(
    client: Client, alert: Body, pool: Pool
) -> None:
    alert_id = await posted(client, alert)

    first, second = await in_turn(
        pool, alert_id, updated(client, alert_id, alert), cancelled(client, alert_id)
    )

    assert (first.status, second.status, second.at("version")) == (202, 202, 2)
    assert (await client.get(f"/v1/alerts/{alert_id}")).at("state") == "cancelled"


async def test_of_two_cancels_one_is_refused(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)

    answers = await in_turn(pool, alert_id, cancelled(client, alert_id), cancelled(client, alert_id))

    assert sorted(answer.status for answer in answers) == [202, 409]


async def test_an_update_follows_the_version_it_finds(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    other_purpose = updated(client, alert_id, alert, to="audience", areas=alert["areas"], purpose="service")

    first, second = await in_turn(pool, alert_id, other_purpose, updated(client, alert_id, alert))

    assert (first.status, second.status) == (202, 422)
    assert second.faults == {"/purpose": "same_purpose"}


async def test_the_same_change_gets_the_first_answer(client: Client, alert: Body) -> None:
    alert_id = await posted(client, alert)
    first = await updated(client, alert_id, alert, key="u")
    last = await cancelled(client, alert_id, key="c")

    update_again = await updated(client, alert_id, dict(reversed(alert.items())), key="u")
    cancel_again = await cancelled(client, alert_id, key="c")

    assert (update_again.status, update_again.json) == (202, first.json)
    assert (cancel_again.status, cancel_again.json) == (202, last.json)
    assert cancel_again.headers["Idempotency-Replayed"] == "true"
    assert cancel_again.headers["Location"] == f"/v1/alerts/{alert_id}"
    assert "Idempotency-Replayed" not in last.headers


async def test_a_key_is_for_one_act_on_one_alert(client: Client, alert: Body) -> None:
    alert_id = await posted(client, alert)
    other_id = await posted(client, alert)
    await cancelled(client, alert_id, key="one")

    other_body = await cancelled(client, alert_id, key="one", reason="Another")
    other_alert = await cancelled(client, other_id, key="one")

    for answer in (other_body, other_alert):
        assert (answer.status, answer.at("type")) == (422, "/problems/idempotency-mismatch")
    assert (await client.get(f"/v1/alerts/{other_id}")).at("state") == "live"


@pytest.mark.parametrize("what", ["cancel", "updates"])
async def test_a_key_that_another_replica_holds_is_in_flight(
    client: Client, alert: Body, agency: Agency, pool: Pool, what: str
) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn, conn.transaction():
        assert await idempotency.lock(conn, agency_id=agency.id, key="one")

        request = (
            cancelled(client, alert_id, key="one")
            if what == "cancel"
            else updated(client, alert_id, alert, key="one")
        )
        answer = await request

    assert (answer.status, answer.at("type")) == (409, "/problems/idempotency-in-flight")
    assert answer.headers["Retry-After"] == "1"


async def test_a_refused_change_does_not_use_its_key_up(client: Client, alert: Body, pool: Pool) -> None:
    alert_id = await posted(client, alert)
    async with pool.acquire() as conn:
        await completed(conn, alert_id, days_ago=0)
    refused = await cancelled(client, alert_id, key="one")
    await updated(client, alert_id, alert)

    answer = await cancelled(client, alert_id, key="one")

    assert (refused.status, answer.status) == (409, 202)


@pytest.mark.parametrize("what", ["cancel", "updates"])
async def test_a_change_needs_an_idempotency_key(client: Client, alert: Body, what: str) -> None:
    alert_id = await posted(client, alert)

    answer = await client.send("POST", f"/v1/alerts/{alert_id}/{what}", json={"reason": "x"})

    assert (answer.status, answer.at("type")) == (400, "/problems/idempotency-key")
