"""Alerts posted at the same time share a transaction, and nothing else."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from alert_api.acceptance_desk import AcceptanceDesk
from tests.integration.alert_api.conftest import Agency, Api, Client
from tocsin_schemas.words import Channel, Lane, Purpose, Severity
from tocsin_store import idempotency
from tocsin_store.accepting import UNBORN, Asked
from tocsin_store.geometry import Shape
from tocsin_store.idempotency import FirstAnswer
from tocsin_store.new_alerts import NewAlert
from tocsin_store.pool import Pool

Body = dict[str, object]


def asked(agency: UUID) -> Asked:
    shape = Shape([(1.0, 1.0), (2.0, 1.0), (2.0, 2.0)], area=0)
    alert = NewAlert(
        agency_id=agency,
        lane=Lane.URGENT,
        severity=Severity.EXTREME,
        purpose=Purpose.PUBLIC_TASK,
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        body={"category": "flood"},
        shapes=[shape],
        channels=[Channel.EMAIL],
    )
    return Asked(alert, str(uuid4()), "key", b"body", {"version": 1, "handover": "now"}, f'"{UNBORN}"')


async def test_each_of_many_is_stored_with_what_is_its_own(
    client: Client, alert: Body, agency: Agency, pool: Pool
) -> None:
    bodies = {f"c{n}": alert | {"category": f"c{n}", "channels": ["email"]} for n in range(30)}
    answers = dict(zip(bodies, await asyncio.gather(*map(client.post, bodies.values())), strict=True))

    assert {answer.status for answer in answers.values()} == {202}
    rows = await pool.fetch(
        """
        SELECT a.id::text, c.body ->> 'category' AS category,
               (SELECT count(*) FROM alert_shape WHERE alert_id = a.id)                                AS shapes,
               (SELECT count(*) FROM fan_out     WHERE alert_id = a.id)                                AS fan_outs,
               (SELECT count(*) FROM audit       WHERE subject = a.id::text)                           AS traces,
               (SELECT count(*) FROM idempotency WHERE agency_id = $1 AND answer ->> 'id' = a.id::text) AS answers
        FROM   alert a JOIN alert_content c ON c.alert_id = a.id
        WHERE  a.agency_id = $1
        """,
        agency.id,
    )
    assert {row["category"]: row["id"] for row in rows} == {
        category: answer.at("id") for category, answer in answers.items()
    }
    assert {tuple(row)[2:] for row in rows} == {(1, 1, 1, 1)}
    bells = await pool.fetch("SELECT key, value FROM outbox WHERE topic = 'alerts'")
    assert {row["id"] for row in rows} <= {str(key) for key, value in bells if str(key).encode() in value}


async def test_one_that_the_ledger_refuses_does_not_take_the_others_along(api: Api, agency: Agency) -> None:
    desk = AcceptanceDesk(api.services.database)
    stranger = asked(uuid4())  # no such agency
    working = asyncio.create_task(desk.run())

    first, refused, last = await asyncio.gather(
        *map(desk.put, [asked(agency.id), stranger, asked(agency.id)]), return_exceptions=True
    )

    working.cancel()
    assert isinstance(refused, asyncpg.ForeignKeyViolationError)
    assert [isinstance(each, BaseException) or each is None for each in (first, last)] == [False, False]


async def test_an_answer_that_is_fresh_makes_no_room(agency: Agency, pool: Pool) -> None:
    first = FirstAnswer(b"body", 202, {})
    async with pool.acquire() as conn:
        await idempotency.remember(conn, first, agency_id=agency.id, key="one")

        with pytest.raises(asyncpg.NotNullViolationError):
            await idempotency.remember(conn, replace(first, status=200), agency_id=agency.id, key="one")


async def test_what_was_accepted_is_answered_again_though_the_same_would_be_refused_now(
    client: Client, alert: Body, pool: Pool
) -> None:
    first = await client.post(alert, key="one")
    await pool.execute("DELETE FROM area")

    again = await client.post(alert, key="one")
    other = await client.post(alert, key="two")

    assert (again.status, again.json) == (202, first.json)
    assert other.faults == {"/areas/0/code": "known_area"}


async def test_another_body_under_a_used_key_is_a_mismatch_whatever_else_is_wrong_with_it(
    client: Client, alert: Body
) -> None:
    await client.post(alert, key="one")

    other = await client.post(alert | {"purpose": "fun"}, key="one")

    assert (other.status, other.at("type")) == (422, "/problems/idempotency-mismatch")


async def test_an_answer_that_nobody_got_does_not_promise_what_was_not_kept(
    client: Client, alert: Body, agency: Agency, pool: Pool
) -> None:
    first = await client.post(alert, key="one")
    # As it is kept before the bell is waited for: killed then, the process answers nothing.
    await pool.execute(
        'UPDATE idempotency SET answer = answer || \'{"handover": "now"}\' WHERE agency_id = $1', agency.id
    )

    again = await client.post(alert, key="one")

    assert again.at("handover") == "delayed"
    assert again.json == first.json
