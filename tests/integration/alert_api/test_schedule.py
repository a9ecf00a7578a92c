"""`effective` in the future: the alert is stored now and waits for its time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.integration.alert_api.changes import updated
from tests.integration.alert_api.conftest import Client
from tests.integration.alert_api.ledger_rows import posted
from tocsin_store.pool import Pool

Body = dict[str, object]


def ahead(**by: float) -> datetime:
    return (datetime.now(UTC) + timedelta(**by)).replace(microsecond=0)


async def test_a_later_alert_waits_for_its_time(client: Client, alert: Body, pool: Pool) -> None:
    begins = ahead(days=29)

    answer = await client.post(alert | {"effective": begins.isoformat()})

    assert (answer.status, answer.at("state"), answer.at("handover")) == (202, "live", "scheduled")
    async with pool.acquire() as conn:
        row = await conn.fetchrow(
            "SELECT not_before, frozen_at FROM fan_out f JOIN alert a ON a.id = f.alert_id WHERE a.id = $1",
            UUID(str(answer.at("id"))),
        )
    assert row is not None
    assert tuple(row) == (begins, begins)


async def test_what_it_waits_for_is_shown(client: Client, alert: Body) -> None:
    begins = ahead(hours=3)
    alert_id = await posted(client, alert | {"effective": begins.isoformat()})

    shown = await client.get(f"/v1/alerts/{alert_id}")

    assert datetime.fromisoformat(str(shown.at("effective"))) == begins
    assert [shown.at("waiting_for", 0, name) for name in ("channel", "route", "why")] == [
        "email",
        "*",
        "scheduled",
    ]
    assert datetime.fromisoformat(str(shown.at("waiting_for", 0, "until"))) == begins


async def test_the_default_expiry_counts_from_its_time(client: Client, alert: Body) -> None:
    begins = ahead(days=3)
    alert_id = await posted(client, alert | {"effective": begins.isoformat()})

    shown = await client.get(f"/v1/alerts/{alert_id}")

    assert datetime.fromisoformat(str(shown.at("expires"))) == begins + timedelta(hours=12)


async def test_it_may_expire_two_days_after_its_time(client: Client, alert: Body) -> None:
    begins = ahead(days=3)
    times = {"effective": begins.isoformat(), "expires": (begins + timedelta(hours=48)).isoformat()}

    answer = await client.post(alert | times)

    assert answer.status == 202, answer.text


async def test_a_time_that_has_come_does_not_wait(client: Client, alert: Body) -> None:
    answer = await client.post(alert | {"effective": ahead(hours=-1).isoformat()})

    assert (answer.status, answer.at("handover")) == (202, "delayed")


async def test_a_scheduled_answer_is_given_again(client: Client, alert: Body) -> None:
    body = alert | {"effective": ahead(days=1).isoformat()}
    first = await client.post(body, key="one")

    again = await client.post(body, key="one")

    assert (again.status, again.json) == (202, first.json)


async def test_an_alert_that_has_not_begun_is_not_corrected(client: Client, alert: Body) -> None:
    alert_id = await posted(client, alert | {"effective": ahead(hours=1).isoformat()})

    answer = await updated(client, alert_id, alert)

    assert (answer.status, answer.at("type")) == (409, "/problems/alert-state")
