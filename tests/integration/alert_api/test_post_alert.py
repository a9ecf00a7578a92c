"""POST /v1/alerts: what is accepted, and that it is stored whole."""

from uuid import UUID

from tests.integration.alert_api.conftest import Agency, Client
from tocsin_store.pool import Pool

Body = dict[str, object]


async def test_an_alert_is_accepted_and_stored_whole(
    client: Client, alert: Body, pool: Pool, agency: Agency
) -> None:
    answer = await client.post(alert)

    assert answer.status == 202, answer.text
    assert answer.at("state") == "live"
    assert answer.at("lane") == "urgent"
    assert answer.at("handover") == "delayed"
    alert_id = UUID(str(answer.at("id")))
    assert answer.headers["Location"] == f"/v1/alerts/{alert_id}"
    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM alert_shape WHERE alert_id = $1", alert_id) == 1
        assert await conn.fetchval("SELECT channel FROM fan_out WHERE alert_id = $1", alert_id) == "email"
        assert await conn.fetchval("SELECT topic FROM outbox WHERE key = $1", alert_id) == "alerts"
        assert (
            await conn.fetchval("SELECT actor FROM audit WHERE subject = $1", str(alert_id)) == agency.key_id
        )


async def test_an_alert_is_shown_as_posted_with_its_progress(client: Client, alert: Body) -> None:
    posted = await client.post(alert)

    shown = await client.get(str(posted.headers["Location"]))

    assert shown.status == 200, shown.text
    assert shown.at("info", 0, "headline") == "Flood"
    assert shown.at("channels") == ["email"]
    assert shown.at("progress", "deliveries") == 0
    assert shown.at("waiting_for") == []
